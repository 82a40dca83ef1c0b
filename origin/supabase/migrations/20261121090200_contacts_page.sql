-- A page of a board's contacts (SPEC 1). How one is found, so that it costs the same wherever it is:
--
--   - Totals are sums of tallies; those of the filters that depend on the time or the caller are ranges of an index.
--   - A page is *walked* to along the index of its order, from the nearer end, reading nothing but the index. Column and
--     facets stand in it, so that a filter passes entries over without a look at the table.
--   - Where few of many meet the filter, they are *collected* through an index of their own and sorted. Which of the two
--     is cheaper is reckoned from the totals, which are exact, and not left to the planner's guess.
--   - A search is collected, up to 10,000 matches. Of one that has more the total is an estimate, and its page is walked
--     to, which does not take long then; where a sample shows that beyond doubt, nothing is collected.
--
-- Every name in a statement's text comes from the lists below; every value is a parameter: $1 workspace, $2 board,
-- $3 column, $4 caller, $5 and $6 what is searched for, $7 the facet, $8 combinations of facets that have it, $9 and $10
-- the sort value and id after which the page begins, $11 how many to find, $12 how many to pass over.

-- What is asked. `after_value` and `after_id`: the sort value and id after which the page begins; with null it is `page`.
create type private.page_question as (
  workspace_id text,
  board_id text,
  board_column_id text,
  filter text,
  caller text,
  sort_column text,
  direction text,
  per_page integer,
  page integer,
  after_value text,
  after_id text
);

-- What to look for in contacts.search_text; `condition` is text of a statement.
create type private.search_terms as (condition text, term text, digits text);

-- The ids of a page in their order.
create type private.page_place as (ids text[], total bigint, is_estimate boolean, has_more boolean);

-- The bit of contacts.facets that a filter asks for; 0 asks for none, null is a filter that is not by facet.
create function private.facet_bit(p_filter text) returns smallint
language sql immutable parallel safe
return case p_filter
  when 'all' then 0
  when 'open' then 1
  when 'closed' then 2
  when 'unassigned' then 4
  when 'high_priority' then 8
  when 'medium_priority' then 16
  when 'low_priority' then 32
  when 'needs_response' then 64
  when 'follow_up' then 128
  when 'favorites' then 256
  when 'archived' then 512
  when 'unhappy_customers' then 1024
end::smallint;

-- The condition of a filter, or null for an unknown one.
create function private.filter_condition(p_filter text) returns text
language sql immutable parallel safe
return case
  when p_filter = 'all' then 'true'
  when p_filter = 'assigned_to_me' then 'c.assigned_to = $4'
  when p_filter = 'new_customers' then 'c.created_at > now() - interval ''7 days'''
  when p_filter = 'recent_activity' then 'c.last_activity_at > now() - interval ''24 hours'''
  when private.facet_bit(p_filter) is not null then 'c.facets & $7 <> 0'
end;

-- From three characters on, any part of a line will do; shorter, it has to be the beginning of a word. What can be a
-- phone number is looked for by its digits too, in the third line: anywhere, or with the 00 of an international number
-- at its beginning. Null for no search, and for one of which nothing is left without its accents.
create function private.search_terms_of(p_search text) returns private.search_terms
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  v_text constant text := private.folded(p_search);
  v_can_be_phone constant boolean := v_text ~ '^[0-9 +()./-]*[0-9][0-9 +()./-]*$';
  v_is_international constant boolean := v_can_be_phone and v_text ~ '^\D*0\D*0(\D*\d){3}';
  v_digits constant text := case
    when v_is_international then private.phone_digits(v_text)
    when v_can_be_phone then regexp_replace(v_text, '\(0\)|\D', '', 'g')
    else ''
  end;
  v_short constant text := coalesce(nullif(v_digits, ''), v_text);
  v_pattern constant text := '%' || regexp_replace(v_text, '([\\%_])', '\\\1', 'g') || '%';
begin
  if v_text is null or v_text = '' then
    return null;
  elsif char_length(v_short) < 3 then
    return (
      'c.search_text ~ $5',
      '(^|[ \n.,@_+''"()/&-])' || regexp_replace(v_short, '([^[:alnum:]])', '\\\1', 'g'),
      null
    )::private.search_terms;
  elsif v_digits in ('', v_text) then
    return ('c.search_text like $5', v_pattern, null)::private.search_terms;
  end if;
  return (
    '(c.search_text like $5 or c.search_text like ''%'' || $6 and split_part(c.search_text, chr(10), 3) like $6)',
    v_pattern,
    case when v_is_international then '' else '%' end || v_digits || '%'
  )::private.search_terms;
end
$$;

-- How many contacts there are in a board, in the column asked for, and how many of these meet the filter.
create function private.page_totals(
  p_question private.page_question, out in_board bigint, out in_column bigint, out met bigint
)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_workspace constant text := p_question.workspace_id;
  v_board constant text := p_question.board_id;
  v_column constant text := p_question.board_column_id;
  v_facet constant smallint := coalesce(private.facet_bit(p_question.filter), 0);
begin
  select
    coalesce(sum(t.contacts), 0),
    coalesce(sum(t.contacts) filter (where v_column is null or t.board_column_id = v_column), 0),
    coalesce(
      sum(t.contacts) filter (
        where (v_column is null or t.board_column_id = v_column) and (v_facet = 0 or t.facets & v_facet <> 0)
      ),
      0
    )
  from private.contact_tallies t
  where t.workspace_id = v_workspace and t.board_id = v_board
  into in_board, in_column, met;

  if p_question.filter = 'assigned_to_me' and v_column is null then
    select coalesce(sum(t.contacts), 0)
    from private.assignee_tallies t
    where t.workspace_id = v_workspace and t.assigned_to = p_question.caller and t.board_id = v_board
    into met;
  elsif p_question.filter = 'assigned_to_me' then
    select count(*)
    from public.contacts c
    where c.workspace_id = v_workspace and c.assigned_to = p_question.caller and c.board_id = v_board
      and c.board_column_id = v_column
    into met;
  elsif p_question.filter = 'new_customers' then
    select count(*)
    from public.contacts c
    where c.workspace_id = v_workspace and c.board_id = v_board and c.created_at > now() - interval '7 days'
      and (v_column is null or c.board_column_id = v_column)
    into met;
  elsif p_question.filter = 'recent_activity' then
    select count(*)
    from public.contacts c
    where c.workspace_id = v_workspace and c.board_id = v_board and c.last_activity_at > now() - interval '24 hours'
      and (v_column is null or c.board_column_id = v_column)
    into met;
  end if;
end
$$;

-- How many of the contacts that meet the filter a search finds, about: told from whole blocks of some 2,000 contacts of
-- the board, picked at random but the same each time.
create function private.search_estimate(
  p_question private.page_question, p_search private.search_terms, p_in_board bigint, p_met bigint
) returns bigint
language plpgsql stable
set search_path = ''
as $$
declare
  v_sampled bigint;
  v_found bigint;
begin
  execute format(
    $query$
      select count(*), count(*) filter (where %s)
      from public.contacts c tablesample system (least(100, 200000.0 / $3)) repeatable (1)
      where c.workspace_id = $1 and c.board_id = $2
    $query$,
    (p_search).condition
  )
  into v_sampled, v_found
  using p_question.workspace_id, p_question.board_id, p_in_board, null, (p_search).term, (p_search).digits;
  return p_met * v_found / greatest(v_sampled, 1);
end
$$;

-- The part of a statement that begins a page after a cursor's place, in `p_row`'s order.
create function private.after_condition(p_question private.page_question, p_row text, p_value text) returns text
language sql immutable parallel safe
return case
  when (p_question).after_id is null then ''
  else format(
    ' and (%1$s.%2$I, %1$s.id) %3$s ($9::%4$s, $10)',
    p_row,
    p_value,
    case (p_question).direction when 'asc' then '>' else '<' end,
    case (p_question).sort_column when 'name' then 'text' else 'timestamptz' end
  )
end;

-- Walks the index of the order, in either direction: nothing is sorted.
create function private.walk(
  p_question private.page_question,
  p_condition text,
  p_search private.search_terms,
  p_direction text,
  p_take bigint,
  p_pass_over bigint
) returns text[]
language plpgsql stable
set search_path = ''
set enable_seqscan = off
set enable_sort = off
as $$
declare
  v_ids text[];
begin
  execute format(
    $query$
      select array(
        select c.id from public.contacts c
        where c.workspace_id = $1 and c.board_id = $2 and %1$s%2$s
        order by c.%3$I %4$s, c.id %4$s
        limit $11 offset $12
      )
    $query$,
    p_condition,
    private.after_condition(p_question, 'c', p_question.sort_column),
    p_question.sort_column,
    p_direction
  )
  into v_ids
  using p_question.workspace_id, p_question.board_id, p_question.board_column_id, p_question.caller,
    (p_search).term, (p_search).digits, private.facet_bit(p_question.filter), null,
    p_question.after_value, p_question.after_id, p_take, p_pass_over;
  return v_ids;
end
$$;

-- Finds all that meet the condition, at most `p_found_max`, counts and sorts them. No sequential scan, whatever the
-- planner thinks of a search.
create function private.collect(
  p_question private.page_question,
  p_condition text,
  p_search private.search_terms,
  p_found_max bigint,
  p_pass_over bigint,
  out matches bigint,
  out ids text[]
)
language plpgsql stable
set search_path = ''
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
as $$
declare
  v_facet constant smallint := private.facet_bit(p_question.filter);
begin
  execute format(
    $query$
      with found as materialized (
        select c.id, c.%1$I as sort_value from public.contacts c
        where c.workspace_id = $1 and c.board_id = $2 and %2$s
        limit %3$s
      )
      select
        (select count(*) from found),
        array(
          select f.id from found f where true%4$s
          order by f.sort_value %5$s, f.id %5$s
          limit $11 offset $12
        )
    $query$,
    p_question.sort_column,
    p_condition,
    coalesce(p_found_max::text, 'all'),
    private.after_condition(p_question, 'f', 'sort_value'),
    p_question.direction
  )
  into matches, ids
  using p_question.workspace_id, p_question.board_id, p_question.board_column_id, p_question.caller,
    (p_search).term, (p_search).digits, v_facet,
    array(
      select distinct t.facets from private.contact_tallies t
      where t.workspace_id = p_question.workspace_id and t.board_id = p_question.board_id and t.facets & v_facet <> 0
    ),
    p_question.after_value, p_question.after_id, p_question.per_page + 1, p_pass_over;
end
$$;

-- The place of a page that is not searched for. `p_condition` is what the filter and the column ask.
create function private.listed_place(p_question private.page_question, p_condition text) returns private.page_place
language plpgsql stable
set search_path = ''
as $$
declare
  v_totals constant record := private.page_totals(p_question);
  v_total constant bigint := v_totals.met;
  v_is_by_number constant boolean := p_question.after_id is null;
  v_pass_over bigint := case when v_is_by_number then (p_question.page - 1)::bigint * p_question.per_page else 0 end;
  v_is_from_end constant boolean := v_is_by_number and v_pass_over > v_total / 2;
  v_in_order constant boolean := case p_question.filter
    when 'assigned_to_me' then p_question.sort_column = 'created_at'
    when 'new_customers' then p_question.sort_column = 'created_at'
    when 'recent_activity' then p_question.sort_column = 'last_activity_at'
  end;
  v_take bigint;
  v_entries double precision;
  v_ids text[];
begin
  if v_pass_over >= v_total then
    return ('{}', v_total, false, false)::private.page_place;
  end if;

  -- Entries of the order's index on the way to the page's end, if those that meet the filter are spread evenly. What
  -- does not stand in the index takes a look at the table, as much as six entries.
  v_entries := least(
    case when v_is_from_end then v_total - v_pass_over else v_pass_over + p_question.per_page + 1 end, v_total
  ) * case
    when v_in_order then 1
    when v_in_order is not null then 6 * v_totals.in_board
    when p_question.board_column_id is not null and p_question.sort_column = 'created_at' then v_totals.in_column
    else v_totals.in_board
  end / case when v_in_order then 1 else v_total end::double precision;

  if v_entries > 6 * v_total then
    if private.facet_bit(p_question.filter) > 0 then
      p_condition := p_condition || ' and c.facets = any ($8)';
    end if;
    v_ids := (private.collect(p_question, p_condition, null, null, v_pass_over)).ids;
  elsif v_is_from_end then
    v_take := least(p_question.per_page, v_total - v_pass_over);
    v_ids := private.walk(
      p_question, p_condition, null, case p_question.direction when 'asc' then 'desc' else 'asc' end,
      v_take, v_total - v_pass_over - v_take
    );
    v_ids := array(select id from unnest(v_ids) with ordinality e (id, number) order by number desc);
    return (v_ids, v_total, false, v_pass_over + v_take < v_total)::private.page_place;
  else
    v_ids := private.walk(p_question, p_condition, null, p_question.direction, p_question.per_page + 1, v_pass_over);
  end if;
  return (v_ids[:p_question.per_page], v_total, false, cardinality(v_ids) > p_question.per_page)::private.page_place;
end
$$;

-- The place of a page of a search, and its total: exact up to 10,000.
create function private.searched_place(
  p_question private.page_question, p_condition text, p_search private.search_terms
) returns private.page_place
language plpgsql stable
set search_path = ''
as $$
declare
  c_matches_max constant bigint := 10000;
  v_totals constant record := private.page_totals(p_question);
  v_condition constant text := p_condition || ' and ' || (p_search).condition;
  v_pass_over constant bigint := case
    when p_question.after_id is null then (p_question.page - 1)::bigint * p_question.per_page
    else 0
  end;
  v_estimate bigint := 0;
  v_matches bigint;
  v_ids text[];
begin
  if v_totals.met = 0 then
    return ('{}', 0, false, false)::private.page_place;
  end if;
  if v_totals.met > c_matches_max then
    v_estimate := private.search_estimate(p_question, p_search, v_totals.in_board, v_totals.met);
  end if;
  if v_estimate < 2 * c_matches_max then
    select matches, ids
    from private.collect(p_question, v_condition, p_search, c_matches_max + 1, v_pass_over)
    into v_matches, v_ids;
  end if;
  if v_matches <= c_matches_max then
    return (
      v_ids[:p_question.per_page], v_matches, false, cardinality(v_ids) > p_question.per_page
    )::private.page_place;
  end if;
  v_ids := private.walk(p_question, v_condition, p_search, p_question.direction, p_question.per_page + 1, v_pass_over);
  return (
    v_ids[:p_question.per_page],
    greatest(v_estimate, c_matches_max + 1),
    true,
    cardinality(v_ids) > p_question.per_page
  )::private.page_place;
end
$$;

-- The contacts of these ids, in their order.
create function private.contacts_shown(p_workspace text, p_ids text[]) returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $$
begin
  return (
    select coalesce(jsonb_agg(to_jsonb(shown) order by place.number), '[]')
    from unnest(p_ids) with ordinality place (id, number)
    join public.contacts c on c.workspace_id = p_workspace and c.id = place.id
    cross join lateral (
      select
        c.id, c.workspace_id, c.board_id, c.board_column_id, c.name, c.email, c.phone, c.status, c.priority,
        c.assigned_to, c.needs_response, c.follow_up, c.is_favorite, c.is_archived, c.sentiment, c.source,
        c.lead_status, c.tags, c.last_message, c.last_activity_at, c.created_at, c.updated_at
    ) shown
  );
end
$$;

-- Answers {"outcome": "ok", "contacts", "total", "has_more"}, and "total_is_estimate": true where it is one;
-- {"outcome": "not_found"} for a board that the workspace does not have, {"outcome": "forbidden"} to who is no member. An
-- argument out of its list or range is the caller's error. Security definer: contact_counts says why.
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
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_question constant private.page_question := (
    p_workspace, p_board, p_column, p_filter, private.caller_id(),
    case when p_sort_by in ('created_at', 'updated_at', 'name', 'last_activity_at') then p_sort_by end,
    case when p_sort_order in ('asc', 'desc') then p_sort_order end,
    p_per_page, p_page, p_after, p_after_id
  )::private.page_question;
  v_condition text := private.filter_condition(p_filter);
  v_search private.search_terms;
  v_place private.page_place;
begin
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  if not exists (select from public.boards b where b.workspace_id = p_workspace and b.id = p_board) then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  if v_question.sort_column is null or v_question.direction is null or v_condition is null
    or p_per_page not between 1 and 100 or p_page < 1 or (p_after is null) <> (p_after_id is null) then
    raise exception 'contacts_page: an argument is not one it takes' using errcode = 'invalid_parameter_value';
  end if;
  if p_column is not null then
    v_condition := v_condition || ' and c.board_column_id = $3';
  end if;

  v_search := private.search_terms_of(p_search);
  v_place := case
    when v_search.condition is null then private.listed_place(v_question, v_condition)
    else private.searched_place(v_question, v_condition, v_search)
  end;
  return jsonb_build_object(
    'outcome', 'ok',
    'contacts', private.contacts_shown(p_workspace, v_place.ids),
    'total', v_place.total,
    'has_more', v_place.has_more
  ) || case when v_place.is_estimate then '{"total_is_estimate": true}' else '{}' end::jsonb;
end
$$;

-- Only as part of the page, and so as its owner.
revoke all on all functions in schema private from public;
revoke all on function public.contacts_page(
  text, text, text, text, text, text, text, integer, integer, text, text
) from public, anon;
grant execute on function public.contacts_page(
  text, text, text, text, text, text, text, integer, integer, text, text
) to authenticated, service_role;
