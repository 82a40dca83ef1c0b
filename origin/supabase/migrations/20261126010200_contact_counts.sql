-- The counts of a workspace, of one size however many assignees its contacts have. What all its users share names the
-- 500 assignees with the most contacts at most, and says whether these are all; a user who is not among them asks for
-- counts of their own (contact_counts_of), which are one user's and the workspace's of one instant. Both cost the same
-- whether a workspace has ten assignees or a million.
--
-- contact_counts keeps its name and argument, for an origin from before that still calls it: it finds `assignees` in its
-- answer as before, without those beyond the 500th, until it is replaced too.

-- The assignees with the most contacts, without reading the others. A user's folded rows are one a board. Whoever has one
-- contact alone is left out: the index stays small where very many have one, and the planner cannot take it for
-- fold_counts, which looks for folded rows by workspace, board and user and took minutes with it.
create index assignee_tallies_by_contacts on private.assignee_tallies (workspace_id, contacts desc, assigned_to)
where is_folded and contacts > 1;

-- Only what can be a token's subject is named in an answer: others are never asked for, and could be six times as long.
create function private.is_user_id(p_text text) returns boolean
language sql immutable strict parallel safe
return p_text collate "C" ~ '^[!-.0-9;-~]{1,128}$';

-- {"assignees": {"<user>": contacts}, "isComplete"}. Whether there are more than `p_assignees_max` is found along the
-- index and given up at the first one too many; it does not depend on what has been folded, so that it changes by
-- writes alone. No sort and no hash: they would read everything before the first group.
create function private.assignee_counts(p_workspace text, p_assignees_max integer) returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set enable_hashagg = off
as $$
declare
  v_assignees text[];
  v_contacts bigint[];
begin
  select array_agg(found.assigned_to), array_agg(found.contacts)
  from (
    select t.assigned_to, sum(t.contacts)::bigint as contacts
    from private.assignee_tallies t
    where t.workspace_id = p_workspace
    group by t.assigned_to
    having sum(t.contacts) <> 0
    order by t.assigned_to
    limit p_assignees_max + 1
  ) found
  into v_assignees, v_contacts;
  if coalesce(cardinality(v_assignees), 0) <= p_assignees_max then
    return jsonb_build_object(
      'assignees', coalesce(
        (
          select jsonb_object_agg(found.assigned_to, found.contacts)
          from unnest(v_assignees, v_contacts) found (assigned_to, contacts)
          where private.is_user_id(found.assigned_to)
        ),
        '{}'
      ),
      'isComplete', true
    );
  end if;
  return jsonb_build_object(
    'assignees', coalesce(
      (
        select jsonb_object_agg(busy.assigned_to, kept.contacts)
        from (
          select distinct most.assigned_to
          from (
            select t.assigned_to
            from private.assignee_tallies t
            where t.workspace_id = p_workspace and t.is_folded and t.contacts > 1
            order by t.contacts desc
            limit p_assignees_max
          ) most
          where private.is_user_id(most.assigned_to)
        ) busy
        cross join lateral (
          select sum(t.contacts)::bigint as contacts
          from private.assignee_tallies t
          where t.workspace_id = p_workspace and t.assigned_to = busy.assigned_to
        ) kept
      ),
      '{}'
    ),
    'isComplete', false
  );
end
$$;

create function private.contacts_of(p_workspace text, p_user text) returns bigint
language sql stable
set search_path = ''
as $$
  select coalesce(sum(t.contacts), 0)::bigint
  from private.assignee_tallies t
  where t.workspace_id = p_workspace and t.assigned_to = p_user
$$;

-- What does not depend on the user. All but two are sums of tallies; what depends on the time is counted in each board's
-- own order, where it is a range at the end.
create function private.shared_counts(p_workspace text) returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
begin
  return (
    select to_jsonb(kept) || to_jsonb(recent)
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
  );
end
$$;

-- Stable functions see what the statement sees that calls them: all counts of an answer are of one instant.
create or replace function public.contact_counts(p_workspace text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
begin
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  return (
    select jsonb_build_object(
      'outcome', 'ok',
      'counts', private.shared_counts(p_workspace),
      'computedAt', statement_timestamp()
    ) || private.assignee_counts(p_workspace, 500)
  );
end
$$;

-- The same with `p_user` alone among the assignees.
create function public.contact_counts_of(p_workspace text, p_user text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
begin
  if p_user is null or char_length(p_user) not between 1 and 128 then
    raise exception 'p_user must have 1 to 128 characters' using errcode = 'invalid_parameter_value';
  end if;
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  return (
    select jsonb_build_object(
      'outcome', 'ok',
      'counts', private.shared_counts(p_workspace),
      'computedAt', statement_timestamp(),
      'assignees', jsonb_build_object(p_user, private.contacts_of(p_workspace, p_user)),
      'isComplete', false
    )
  );
end
$$;

revoke all on function private.is_user_id(text) from public;
revoke all on function private.assignee_counts(text, integer) from public;
revoke all on function private.contacts_of(text, text) from public;
revoke all on function private.shared_counts(text) from public;
revoke all on function public.contact_counts_of(text, text) from public, anon;
grant execute on function public.contact_counts_of(text, text) to authenticated, service_role;
