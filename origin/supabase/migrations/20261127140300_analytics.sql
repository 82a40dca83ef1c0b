-- The daily snapshots of a workspace. They are a thing of its own kind (`analytics`), so that the daily job that writes them
-- moves nothing else.
call private.create_move_triggers(
  'analytics_snapshots', 'workspace_id, day', $moves$select 'analytics', null::integer, null::integer$moves$
);

-- The snapshots of the last `p_days` days, newest first, with the totals of what adds up. The days are counted back from the
-- latest snapshot and not from today, so that writes alone change the answer. A member of the workspace and its backend may
-- ask.
create function public.analytics(p_workspace text, p_days integer) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_latest date;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(p_days between 1 and 365, 'p_days must be from 1 to 365');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  select max(s.day) from public.analytics_snapshots s where s.workspace_id = p_workspace into v_latest;
  return (
    select to_jsonb(answer)
    from (
      select
        'ok' as outcome,
        coalesce(jsonb_agg(to_jsonb(s) - 'workspace_id' order by s.day desc), '[]') as days,
        jsonb_build_object(
          'new_contacts', coalesce(sum(s.new_contacts), 0),
          'messages_inbound', coalesce(sum(s.messages_inbound), 0),
          'messages_outbound', coalesce(sum(s.messages_outbound), 0),
          'communications', coalesce(sum(s.communications), 0),
          'calls', coalesce(sum(s.calls), 0)
        ) as totals
      from public.analytics_snapshots s
      where s.workspace_id = p_workspace and s.day > v_latest - p_days and s.day <= v_latest
    ) answer
  );
end
$$;

revoke all on function public.analytics(text, integer) from public, anon;
grant execute on function public.analytics(text, integer) to authenticated, service_role;
