-- A user's own figures: the number of their contacts, of unread conversations that they handle, of their communications of
-- today, and of their contacts whose follow-up is due; and their contacts with the latest activity. A write of any of these
-- moves the bucket of its user, and a write of the workspace's configuration, which has the time zone, moves `config`.
--
-- The number of contacts is kept by the tallies, and each of the others is a range of an index. The two indexes on contacts
-- hold assigned contacts alone, and those with an instant of follow-up alone. Building them reads each partition once while
-- writes to it wait.

set local lock_timeout = '10s';

create index contacts_by_assignee_activity on public.contacts (workspace_id, assigned_to, last_activity_at desc, id desc)
where assigned_to is not null;
create index contacts_by_follow_up on public.contacts (workspace_id, assigned_to, follow_up_at)
where assigned_to is not null and follow_up_at is not null;

-- The time zone of a workspace. It is UTC if the workspace has set none, or one that this server does not know.
create function private.workspace_zone(p_workspace text) returns text
language plpgsql stable
set search_path = ''
as $$
declare
  v_zone text;
  v_tried timestamp;
begin
  select c.time_zone from public.workspace_configurations c where c.workspace_id = p_workspace into v_zone;
  v_tried := now() at time zone v_zone;
  return case when v_tried is null then 'UTC' else v_zone end;
exception when invalid_parameter_value then
  return 'UTC';
end
$$;

-- Today is the date that a clock in the workspace's time zone shows, and what is of today has the same date. A day where the
-- clocks change has 23 or 25 hours, so that everything of it is within 26 hours of now. The user and the backend may ask.
create function public.dashboard(p_workspace text, p_user text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_zone text;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_user), 'p_user must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null or not private.may_read_of(p_user) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_zone := private.workspace_zone(p_workspace);
  return jsonb_build_object(
    'outcome', 'ok',
    'assigned', private.contacts_of(p_workspace, p_user),
    'unread', (
      select count(*) from public.conversations c
      where c.workspace_id = p_workspace and c.user_id = p_user and c.is_unread
    ),
    'today', (
      select count(*) from public.communications c
      where c.workspace_id = p_workspace and c.user_id = p_user
        and c.sent_at > now() - interval '26 hours' and c.sent_at < now() + interval '26 hours'
        and cast(c.sent_at at time zone v_zone as date) = cast(now() at time zone v_zone as date)
    ),
    'follow_ups_due', (
      select count(*) from public.contacts c
      where c.workspace_id = p_workspace and c.assigned_to = p_user and c.follow_up_at <= now()
    ),
    'recent', (
      select coalesce(
        jsonb_agg(to_jsonb(latest) order by latest.last_activity_at desc, latest.id collate "C" desc), '[]'
      )
      from (
        select c.id, c.board_id, c.board_column_id, c.name, c.status, c.priority, c.last_activity_at
        from public.contacts c
        where c.workspace_id = p_workspace and c.assigned_to = p_user
        order by c.last_activity_at desc, c.id desc
        limit 10
      ) latest
    )
  );
end
$$;

revoke all on function private.workspace_zone(text) from public;
revoke all on function public.dashboard(text, text) from public, anon;
grant execute on function public.dashboard(text, text) to authenticated, service_role;
