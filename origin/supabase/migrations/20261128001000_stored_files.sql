-- The files that imports and exports keep in the file store (origin/files/), so that every file is removed in the end: its name is
-- written down before the file is made, and the row is deleted after the file. A row outlives its workspace.
create table private.stored_files (
  name text collate "C" primary key,
  expires_at private.instant not null,
  constraint stored_files_name_form check (char_length(name) <= 208 and name ~ '^(exports|imports)/[A-Za-z0-9][A-Za-z0-9._-]{0,199}$')
);
alter table private.stored_files enable row level security;
create index stored_files_by_expiry on private.stored_files (expires_at);

revoke all on table private.stored_files from public, anon, authenticated, service_role;

-- Whether this run of a job may still have an effect: `held` if it may; `done` if a run has ended the job, `given_up` if this one is
-- over. The row of the marks stays locked until the transaction ends, so that a run cannot be given up between this and its effect. An
-- effect in several transactions calls it in each.
create function private.hold_run(p_queue text, p_job text, p_run integer) returns text
language plpgsql volatile
set search_path = ''
as $$
declare
  v_mark record;
begin
  insert into private.job_marks (queue, job_id) values (p_queue, p_job) on conflict (queue, job_id) do nothing;
  select m.done_at, m.runs_given_up into v_mark
  from private.job_marks m
  where m.queue = p_queue and m.job_id = p_job
  for update;
  return case
    when v_mark.done_at is not null then 'done'
    when p_run <= v_mark.runs_given_up then 'given_up'
    else 'held'
  end;
end
$$;

revoke all on function private.hold_run(text, text, integer) from public, anon, authenticated, service_role;
