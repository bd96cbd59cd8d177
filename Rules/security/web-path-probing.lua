-- One address looks for files that were left behind and for products that are not there.
local p = params {
  min_paths = 2,        -- different paths within ten minutes
}

-- Files that nobody should ever ask for, whatever the answer; and products that count when the server does not know them.
local secrets = [==[/\.(?:env|git|svn|hg|aws|ssh|ds_store|htpasswd|htaccess|npmrc|dockercfg|vscode|idea|config)(?:$|[/.?~])|]==]
  .. [==[wp-config\.(?:php)?[.~_]|\.wp-config|/wp-config\.php|/(?:config|configuration|settings|database|db)\.(?:php\.|inc|bak|old|ya?ml|json$|ini)|]==]
  .. [==[\.(?:sql|bak|old|orig|save|swp|tar\.gz|tgz|7z|rar|mdb|key|pem|pfx|kdbx)(?:$|\?)|/(?:backup|dump|db|www|site|web|html)\.(?:zip|tar|gz|sql)|]==]
  .. [==[/id_[rd]sa|/phpinfo|/info\.php|/server-status|/web\.config|/composer\.(?:json|lock)|/\.\w+rc$|[?&]author=\d+|]==]
  .. [==[/(?:shell|cmd|c99|r57|wso|alfa|b374k|webshell|0x|up|upload|x|a|ws)\.(?:php|jsp|aspx?)$]==]
local products = [==[/(?:wp-(?:admin|login|content|includes|json)|xmlrpc\.php|wordpress|administrator|joomla|drupal|typo3|magento)|]==]
  .. [==[/(?:php-?my-?admin|pma|myadmin|mysql|adminer|dbadmin|sqladmin|phppgadmin|webmail|roundcube|cpanel|plesk|webmin)|]==]
  .. [==[/(?:manager/html|host-manager|jenkins|solr|actuator|console|jmx|axis2|struts|weblogic|zabbix|nagios|cacti|grafana|kibana|jolokia)|]==]
  .. [==[/(?:cgi-bin/|vendor/|admin\.php|login\.(?:asp|jsp|cgi)|setup\.php|install\.php|fckeditor|kcfinder|elfinder|owa/|ecp/|remote/login)]==]

return rule {
  api = 1, id = "security.web-path-probing", title = "Probing of sensitive paths", severity = "low", type = "scan",
  status = "stable", tags = { "attack.reconnaissance", "attack.t1595.003", "attack.t1083" }, date = "2026-11-21",
  description = "Different paths of one address within ten minutes that lead to forgotten files (.env, .git, backups, dumps), "
    .. "or to administration that the server does not have (403, 404). The usual noise of the internet, and useful to know "
    .. "beside other alerts of the same address.",
  falsepositives = { "an ordered scan", "an editor's or an administrator's own requests to a product that was moved" },
  where = ("src_ip ~= nil and (matches(request_target, [==[%s]==]) or status >= 400 and status < 500 and matches(request_target, [==[%s]==]))")
    :format(secrets, products),
  by = { "src_ip" }, max_keys = 50000,
  state = { paths = window.distinct { "10m", cap = 64 }, requests = window.count("10m"), sample = ring(5) },
  on = function(e, s)
    s.paths:add(e.request_target)
    s.requests:add(e)
    s.sample:push(e)
    local paths = s.paths:count()
    if paths >= p.min_paths then
      return alert {
        value = paths, count = s.requests:count(), evidence = s.sample,
        summary = "{src_ip} asked for {value} sensitive paths within ten minutes, last {request_target}",
      }
    end
  end,
  suppress_for = "1h",
  actions = {
    "Make sure that none of the paths is answered with 200",
    "Keep hidden files and backups out of the web root",
  },
}
