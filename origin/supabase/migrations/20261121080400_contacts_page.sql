-- A page of a board's contacts (SPEC 1). Every name in the statement's text comes from the lists below; every value is a
-- parameter. The statement is built each time because its order must be known for an index to give it.

-- The condition of a filter, or null for an unknown one. $4 is the caller.
create function private.filter_condition(p_filter text) returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case p_filter
    when 'all' then 'true'
    when 'open' then 'c.status = ''open'''
    when 'closed' then 'c.status = ''closed'''
    when 'unassigned' then 'c.assigned_to is null'
    when 'assigned_to_me' then 'c.assigned_to = $4'
    when 'high_priority' then 'c.priority = ''high'''
    when 'medium_priority' then 'c.priority = ''medium'''
    when 'low_priority' then 'c.priority = ''low'''
    when 'needs_response' then 'c.needs_response'
    when 'follow_up' then 'c.follow_up'
    when 'favorites' then 'c.is_favorite'
    when 'archived' then 'c.is_archived'
    when 'unhappy_customers' then 'c.sentiment = ''negative'''
    when 'new_customers' then 'c.created_at > now() - interval ''7 days'''
    when 'recent_activity' then 'c.last_activity_at > now() - interval ''24 hours'''
  end
$$;

-- A LIKE pattern for text that contains `p_search`, in any case; null for null.
create function private.containing(p_search text) returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '%' || regexp_replace(lower(p_search collate "und-x-icu"), '([\\%_])', '\\\1', 'g') || '%'
$$;

-- `p_after` and `p_after_id`: the sort value and id after which the page begins; with null it is page `p_page`. Answers
-- {"outcome": "ok", "contacts", "total", "has_more"}, {"outcome": "not_found"} for a board that the workspace does not
-- have, {"outcome": "forbidden"} to who is no member. An argument out of its list or range is the caller's error.
create function public.contacts_page(
  p_workspace text,
  p_board text,
  p_column text,
  p_filter text,
  p_search text,
  p_sort_by text,
  p_sort_order text,
  p_per_page integer,
  p_page integer,
  p_after text,
  p_after_id text
) returns jsonb
language plpgsql stable security invoker
set search_path = ''
as $$
declare
  v_sort_column constant text := case
    when p_sort_by in ('created_at', 'updated_at', 'name', 'last_activity_at') then p_sort_by
  end;
  v_direction constant text := case p_sort_order when 'asc' then 'asc' when 'desc' then 'desc' end;
  v_scope text;
  v_after text := '';
  v_offset bigint := 0;
  v_caller constant text := private.caller_id();
  v_pattern constant text := private.containing(p_search);
  v_total bigint;
  v_contacts jsonb := '[]';
begin
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  if not exists (select from public.boards b where b.workspace_id = p_workspace and b.id = p_board) then
    return jsonb_build_object('outcome', 'not_found');
  end if;

  v_scope := 'c.workspace_id = $1 and c.board_id = $2 and ' || private.filter_condition(p_filter);
  if v_sort_column is null or v_direction is null or v_scope is null or p_per_page not between 1 and 100
    or p_page < 1 or (p_after is null) <> (p_after_id is null) then
    raise exception 'contacts_page: an argument is not one it takes' using errcode = 'invalid_parameter_value';
  end if;
  if p_column is not null then
    v_scope := v_scope || ' and c.board_column_id = $3';
  end if;
  if p_search is not null then
    v_scope := v_scope || ' and c.search_text like $5';
  end if;
  if p_after is null then
    v_offset := (p_page - 1)::bigint * p_per_page;
  else
    v_after := format(
      ' and (c.%I, c.id) %s ($6::%s, $7)',
      v_sort_column,
      case v_direction when 'asc' then '>' else '<' end,
      case v_sort_column when 'name' then 'text' else 'timestamptz' end
    );
  end if;

  execute format('select count(*) from public.contacts c where %s', v_scope)
  into v_total
  using p_workspace, p_board, p_column, v_caller, v_pattern;

  if v_offset < v_total then
    -- The place is found in the index alone; only the page's own contacts are read from the table. One more than
    -- asked for tells whether there is a next page.
    execute format(
      $query$
        with place as materialized (
          select c.id, c.%1$I as sort_value
          from public.contacts c
          where %2$s%3$s
          order by c.%1$I %4$s, c.id %4$s
          limit $8 + 1 offset $9
        )
        select coalesce(jsonb_agg(to_jsonb(shown) order by place.sort_value %4$s, place.id %4$s), '[]')
        from place
        join public.contacts c on c.workspace_id = $1 and c.id = place.id
        cross join lateral (
          select
            c.id, c.workspace_id, c.board_id, c.board_column_id, c.name, c.email, c.phone, c.status, c.priority,
            c.assigned_to, c.needs_response, c.follow_up, c.is_favorite, c.is_archived, c.sentiment, c.source,
            c.lead_status, c.tags, c.last_message, c.last_activity_at, c.created_at, c.updated_at
        ) shown
      $query$,
      v_sort_column, v_scope, v_after, v_direction
    )
    into v_contacts
    using p_workspace, p_board, p_column, v_caller, v_pattern, p_after, p_after_id, p_per_page, v_offset;
  end if;

  return jsonb_build_object(
    'outcome', 'ok',
    'contacts', v_contacts - p_per_page,
    'total', v_total,
    'has_more', jsonb_array_length(v_contacts) > p_per_page
  );
end
$$;

revoke all on function private.filter_condition(text) from public;
revoke all on function private.containing(text) from public;
grant execute on function private.filter_condition(text) to authenticated, service_role;
grant execute on function private.containing(text) to authenticated, service_role;

revoke all on function public.contacts_page(
  text, text, text, text, text, text, text, integer, integer, text, text
) from public, anon;
grant execute on function public.contacts_page(
  text, text, text, text, text, text, text, integer, integer, text, text
) to authenticated, service_role;
