-- Removes, at most `p_rows` of each, the exports and imports that nobody has touched for thirty days and the notifications of ninety, and
-- answers how many. What has stood still for a day, because no job will go on with it, has failed.
create function private.remove_expired_work(p_rows integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  v_exports integer;
  v_imports integer;
  v_notifications integer;
begin
  update private.exports e
  set status = 'failed', failure = 'no job went on with it', finished_at = clock_timestamp()
  where (e.workspace_id, e.id) in (
    select waiting.workspace_id, waiting.id from private.exports waiting
    where waiting.status in ('queued', 'running') and waiting.touched_at < now() - interval '24 hours'
    order by waiting.touched_at
    limit p_rows
    for update skip locked
  );
  update private.imports i
  set status = 'failed', failure = 'no job went on with it', finished_at = clock_timestamp()
  where (i.workspace_id, i.id) in (
    select waiting.workspace_id, waiting.id from private.imports waiting
    where waiting.status in ('uploading', 'queued', 'running') and waiting.touched_at < now() - interval '24 hours'
    order by waiting.touched_at
    limit p_rows
    for update skip locked
  );
  delete from private.exports e
  where (e.workspace_id, e.id) in (
    select old.workspace_id, old.id from private.exports old
    where old.touched_at < now() - interval '720 hours'
    order by old.touched_at
    limit p_rows
    for update skip locked
  );
  get diagnostics v_exports = row_count;
  delete from private.imports i
  where (i.workspace_id, i.id) in (
    select old.workspace_id, old.id from private.imports old
    where old.touched_at < now() - interval '720 hours'
    order by old.touched_at
    limit p_rows
    for update skip locked
  );
  get diagnostics v_imports = row_count;
  delete from private.notifications n
  where (n.workspace_id, n.id) in (
    select old.workspace_id, old.id from private.notifications old
    where old.created_at < now() - interval '2160 hours'
    order by old.created_at
    limit p_rows
    for update skip locked
  );
  get diagnostics v_notifications = row_count;
  return v_exports + v_imports + v_notifications;
end
$$;

revoke all on function private.remove_expired_work(integer) from public, anon, authenticated, service_role;

-- A job was removed before it began, so that nothing will go on with its export or import, which must not wait for it. The file of an
-- import is removed when it expires.
create function private.job_withdrawn(p_queue text, p_data jsonb) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  if p_queue = 'exports' then
    update private.exports e
    set status = 'failed', failure = 'The job was cancelled.', finished_at = clock_timestamp(), touched_at = clock_timestamp()
    where e.workspace_id = p_data ->> 'workspaceId' and e.id = p_data -> 'input' ->> 'exportId'
      and e.status in ('queued', 'running');
  elsif p_queue = 'imports' then
    update private.imports i
    set status = 'failed', failure = 'The job was cancelled.', finished_at = clock_timestamp(), touched_at = clock_timestamp()
    where i.workspace_id = p_data ->> 'workspaceId' and i.id = p_data -> 'input' ->> 'importId'
      and i.status in ('queued', 'running');
  end if;
end
$$;

revoke all on function private.job_withdrawn(text, jsonb) from public, anon, authenticated, service_role;
