-- A scheduled job did not report that it is done.
local p = params {
  every = "24h",        -- how often each job runs
  grace = "30m",        -- how much later it may be
  jobs = "",            -- names of jobs that must run, with commas; they are missed even if they never ran
}

return rule {
  api = 1, id = "availability.job-missed", title = "Scheduled job missed its run", severity = "high",
  type = "job_missed", status = "stable", tags = { "sre.deadman" }, date = "2026-11-21",
  description = "A job that reports its end did not do so in time. Jobs named in the parameter are expected from the beginning; "
    .. "others once they have run in time for three days.",
  falsepositives = { "a job that runs on working days only", "a job that was taken out of service: it is forgotten after 14 days" },
  where = [[one_of(event, "job.done", "job.finished", "job.completed", "job.succeeded", "job.success", "job_done", "job_finished",
    "job_completed", "job_succeeded", "job_success", "job-finished", "job-completed", "jobFinished", "jobCompleted", "JobFinished",
    "JobCompleted") and job ~= nil]],
  by = { "job" }, max_keys = 10000,
  absence = { every = p.every, grace = p.grace, roster = p.jobs, learn = "3d", forget_after = "14d" },
  summary = "{job} has not run for {value:dur}, last {last_seen}",
  actions = {
    "Read the job's own log for a run that began and did not end",
    "Check the scheduler, and that the machine was up",
    "Run the job by hand when what it does can't wait",
  },
}
