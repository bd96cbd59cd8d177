-- Something that a service depends on is down, as the service or an exporter tells it.
local p = params {
  failures = 3,         -- in a row
}

return rule {
  api = 1, id = "availability.dependency-failing", title = "A dependency does not answer", severity = "high",
  type = "service_down", status = "test", tags = { "sre.availability", "sre.metrics" }, date = "2026-11-22",
  description = "A metric that says whether something is up is 0 several times in a row: pg_up, mysql_up, redis_up, mongodb_up, "
    .. "memcached_up, rabbitmq_up, elasticsearch_cluster_health_up, probe_success of the blackbox exporter, or dependency_up of your own.",
  falsepositives = { "a planned restart that takes longer than the scrapes wait" },
  where = [[scrape ~= nil and (pg_up == 0 or mysql_up == 0 or redis_up == 0 or mongodb_up == 0 or memcached_up == 0
    or rabbitmq_up == 0 or elasticsearch_cluster_health_up == 0 or probe_success == 0 or dependency_up == 0)]],
  by = { "service", "instance", "dependency" }, max_keys = 5000,
  threshold = { count = p.failures, within = "1h" }, evidence = 3,
  cancel_on = [[pg_up == 1 or mysql_up == 1 or redis_up == 1 or mongodb_up == 1 or memcached_up == 1
    or rabbitmq_up == 1 or elasticsearch_cluster_health_up == 1 or probe_success == 1 or dependency_up == 1]],
  resolve_when = [[pg_up == 1 or mysql_up == 1 or redis_up == 1 or mongodb_up == 1 or memcached_up == 1
    or rabbitmq_up == 1 or elasticsearch_cluster_health_up == 1 or probe_success == 1 or dependency_up == 1]],
  summary = "{service} {instance} {dependency}: what it depends on was down {value} times in a row",
  actions = {
    "Ask the dependency from the machine of the exporter: is it the network or the dependency?",
    "Look at its own log and its process at the time of the first failure",
    "See what else depends on it",
  },
}
