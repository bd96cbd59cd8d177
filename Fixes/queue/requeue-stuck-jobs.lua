-- Jobs whose worker died stay "running" for ever. They go back into the queue, each with one attempt more.
local stuck = [[
  select id, worker, attempts from jobs
  where queue = ? and state = 'running' and heartbeat_age_s > 900
  order by id]]

return fix {
  api = 1, id = "requeue-stuck-jobs", title = "Requeue jobs that no worker holds any more", status = "test",
  description = "A job counts as stuck when its worker has sent no heartbeat for 15 minutes. Stuck jobs of the queue are "
    .. "set back to queued, a job with five attempts to failed: a job that kills its workers must not come back.",
  tags = { "sre.queue" }, date = "2026-11-21",
  handles_type = { "queue_stuck" }, params = { queue = "string" }, targets = { "jobs-db" },
  max_rows = 200, cooldown = "15m",

  plan = function(ctx, p)
    local effects, failed = {}, 0
    for _, job in ipairs(ctx.db("jobs-db"):rows(stuck, p.queue)) do
      local state = "queued"
      if job.attempts >= 5 then state, failed = "failed", failed + 1 end
      effects[#effects + 1] = sql.update {
        target = "jobs-db", table = "jobs", max_rows = 1,
        -- The worker that comes back in the meantime keeps its job.
        where = { id = job.id, state = "running", worker = job.worker, attempts = job.attempts },
        set = { state = state, worker = null, attempts = job.attempts + 1 },
      }
    end
    if failed > 0 then
      effects.notes = { ("%d of %d jobs had five attempts and are given up"):format(failed, #effects) }
    end
    return effects
  end,

  verify = function(ctx, p)
    return #ctx.db("jobs-db"):rows(stuck, p.queue) == 0
  end,
}
