-- An address that attacks is put into a set of nftables whose packets are dropped. The sets and the rule that drops must
-- exist:
--
--     nft add table inet stella
--     nft add set inet stella blocked4 '{ type ipv4_addr; }'
--     nft add set inet stella blocked6 '{ type ipv6_addr; }'
--     nft add chain inet stella input '{ type filter hook input priority -10; }'
--     nft add rule inet stella input ip saddr @blocked4 drop
--     nft add rule inet stella input ip6 saddr @blocked6 drop

-- One address in its plain form, and none that would cut this host off from itself or from its network: loopback, link-local,
-- multicast, unspecified.
local function is_ipv4(text)
  local a, b, c, d = text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  if not a then return false end
  for _, part in ipairs { a, b, c, d } do
    if #part > 3 or tonumber(part) > 255 or (#part > 1 and part:sub(1, 1) == "0") then return false end
  end
  local first, second = tonumber(a), tonumber(b)
  return first > 0 and first ~= 127 and first < 224 and not (first == 169 and second == 254)
end

local function is_ipv6(text)
  local double = text:find("::", 1, true)
  if not text:find("^[%x:]+$") or #text > 39 or text:find(":::", 1, true) then return false end
  if double and text:find("::", double + 1, true) then return false end
  local groups = 0
  for group in text:gmatch("%x+") do
    groups = groups + 1
    if #group > 4 then return false end
  end
  if double and groups > 7 or not double and groups ~= 8 then return false end
  if text:sub(1, 1) == ":" and double ~= 1 or text:sub(-1) == ":" and text:sub(-2) ~= "::" then return false end
  -- Global unicast and unique local addresses (RFC 4291, RFC 4193) begin with 2, 3, fc or fd.
  return text:find("^[23]%x%x%x:") ~= nil or text:find("^[fF][cdCD]%x%x:") ~= nil
end

local function is_address(text) return type(text) == "string" and (is_ipv4(text) or is_ipv6(text)) end

return fix {
  api = 1, id = "block-address", title = "Drop all packets of an address that attacks", status = "test",
  description = "Blocks one address on this host until it is taken back. Behind a proxy, or where many people share an "
    .. "address, it locks out more than the attacker: look at who else comes from there.",
  tags = { "security.network" }, date = "2026-11-21",
  handles_type = { "brute_force", "credential_stuffing", "flood", "scan", "web_attack" },
  params = { src_ip = "string" }, targets = { "local" },
  approval = "always", cooldown = "1m",

  when = function(alert) return is_address(alert.key.src_ip) end,

  plan = function(ctx, p)
    assert(is_address(p.src_ip), "this is no address that may be blocked")
    local set = p.src_ip:find(":", 1, true) and "blocked6" or "blocked4"
    return {
      exec {
        target = "local", argv = { "nft", "add", "element", "inet", "stella", set, "{", p.src_ip, "}" },
        observe = {
          argv = { "nft", "get", "element", "inet", "stella", set, "{", p.src_ip, "}" },
          applied = { 0 }, not_applied = { 1 },
        },
        undo = exec {
          target = "local", argv = { "nft", "delete", "element", "inet", "stella", set, "{", p.src_ip, "}" },
        },
      },
      notes = { "every connection from " .. p.src_ip .. " to this host is cut, whoever shares that address" },
    }
  end,
}
