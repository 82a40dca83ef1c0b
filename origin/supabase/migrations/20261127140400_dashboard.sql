-- A user's own figures: the number of their contacts, of unread conversations that they handle, of their communications of
-- today, and of their contacts whose follow-up is due; and their contacts with the latest activity. A write of any of these
-- moves the bucket of its user, and a write of the workspace's configuration, which has the time zone, moves `config`.
--
-- The number of contacts is kept by the tallies, and each of the others is a range of an index. The two indexes on contacts
-- hold only assigned contacts, and only those with an instant of follow-up. Building them blocks writers of contacts while
-- each partition is read. A deployment with many contacts runs `create index concurrently` for each partition before,
-- under the names below: an index that is there already is kept.
do $$
declare
  v_partition text;
  v_index record;
begin
  for v_index in
    select *
    from (values
      (
        'assignee_activity',
        '(workspace_id, assigned_to, last_activity_at desc, id desc) where assigned_to is not null'
      ),
      (
        'follow_up',
        '(workspace_id, assigned_to, follow_up_at) where assigned_to is not null and follow_up_at is not null'
      )
    ) listed (name, definition)
  loop
    execute format('create index contacts_by_%s on only public.contacts %s', v_index.name, v_index.definition);
    for n in 0 .. 63 loop
      v_partition := 'contacts_' || lpad(n::text, 2, '0');
      execute format(
        'create index if not exists %s_by_%s on private.%s %s',
        v_partition, v_index.name, v_partition, v_index.definition
      );
      execute format(
        'alter index public.contacts_by_%s attach partition private.%s_by_%s', v_index.name, v_partition, v_index.name
      );
    end loop;
  end loop;
end
$$;

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
