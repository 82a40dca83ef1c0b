-- The counts of a workspace's contacts (SPEC 3) and how many contacts each assignee has, in one statement and so of
-- one instant. The facets are counted in one pass over their index; what depends on the time is read from each
-- board's own order, where it is a short range at the end.
create function public.contact_counts(p_workspace text) returns jsonb
language plpgsql stable security invoker
set search_path = ''
as $$
begin
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  return (
    select jsonb_build_object(
      'outcome', 'ok',
      'counts', to_jsonb(facets) || to_jsonb(recent),
      'assignees', assigned.by_user,
      'computedAt', statement_timestamp()
    )
    from (
      select
        count(*) as total,
        count(*) filter (where c.assigned_to is null) as unassigned,
        count(*) filter (where c.status = 'open') as open,
        count(*) filter (where c.status = 'closed') as closed,
        count(*) filter (where c.priority = 'high') as "highPriority",
        count(*) filter (where c.priority = 'medium') as "mediumPriority",
        count(*) filter (where c.priority = 'low') as "lowPriority",
        count(*) filter (where c.needs_response) as "needsResponse",
        count(*) filter (where c.follow_up) as "followUp",
        count(*) filter (where c.is_favorite) as favorites,
        count(*) filter (where c.is_archived) as archived,
        count(*) filter (where c.sentiment = 'negative') as "unhappyCustomers"
      from public.contacts c
      where c.workspace_id = p_workspace
    ) facets
    cross join (
      select
        coalesce(sum((
          select count(*)
          from public.contacts c
          where c.workspace_id = p_workspace and c.board_id = b.id and c.created_at > now() - interval '7 days'
        )), 0)::bigint as "newCustomers",
        coalesce(sum((
          select count(*)
          from public.contacts c
          where c.workspace_id = p_workspace and c.board_id = b.id
            and c.last_activity_at > now() - interval '24 hours'
        )), 0)::bigint as "recentActivity"
      from public.boards b
      where b.workspace_id = p_workspace
    ) recent
    cross join (
      select coalesce(jsonb_object_agg(each.assigned_to, each.contacts), '{}') as by_user
      from (
        select c.assigned_to, count(*) as contacts
        from public.contacts c
        where c.workspace_id = p_workspace and c.assigned_to is not null
        group by c.assigned_to
      ) each
    ) assigned
  );
end
$$;

revoke all on function public.contact_counts(text) from public, anon;
grant execute on function public.contact_counts(text) to authenticated, service_role;
