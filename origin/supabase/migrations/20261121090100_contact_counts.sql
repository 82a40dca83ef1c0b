-- The counts of a workspace's contacts (SPEC 3) and how many contacts each assignee has, in one statement and so of
-- one instant. All but two are sums of tallies; what depends on the time is counted in each board's own order, where it
-- is a range at the end.
--
-- Security definer, here and in contacts_page: tallies are nobody's to read, and a search cannot use its index beneath a
-- policy (LIKE is not leakproof, so a policy's condition goes first). Who is no member is turned away before anything is
-- read, and every statement names the workspace. Row level security still holds for whoever asks the tables themselves.
create function public.contact_counts(p_workspace text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
begin
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  return (
    select jsonb_build_object(
      'outcome', 'ok',
      'counts', to_jsonb(kept) || to_jsonb(recent),
      'assignees', assigned.by_user,
      'computedAt', statement_timestamp()
    )
    from (
      select
        coalesce(sum(contacts), 0)::bigint as total,
        coalesce(sum(contacts) filter (where facets & 1 <> 0), 0)::bigint as open,
        coalesce(sum(contacts) filter (where facets & 2 <> 0), 0)::bigint as closed,
        coalesce(sum(contacts) filter (where facets & 4 <> 0), 0)::bigint as unassigned,
        coalesce(sum(contacts) filter (where facets & 8 <> 0), 0)::bigint as "highPriority",
        coalesce(sum(contacts) filter (where facets & 16 <> 0), 0)::bigint as "mediumPriority",
        coalesce(sum(contacts) filter (where facets & 32 <> 0), 0)::bigint as "lowPriority",
        coalesce(sum(contacts) filter (where facets & 64 <> 0), 0)::bigint as "needsResponse",
        coalesce(sum(contacts) filter (where facets & 128 <> 0), 0)::bigint as "followUp",
        coalesce(sum(contacts) filter (where facets & 256 <> 0), 0)::bigint as favorites,
        coalesce(sum(contacts) filter (where facets & 512 <> 0), 0)::bigint as archived,
        coalesce(sum(contacts) filter (where facets & 1024 <> 0), 0)::bigint as "unhappyCustomers"
      from private.contact_tallies
      where workspace_id = p_workspace
    ) kept
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
        select assigned_to, sum(contacts)::bigint as contacts
        from private.assignee_tallies
        where workspace_id = p_workspace
        group by assigned_to
        having sum(contacts) <> 0
      ) each
    ) assigned
  );
end
$$;

revoke all on function public.contact_counts(text) from public, anon;
grant execute on function public.contact_counts(text) to authenticated, service_role;
