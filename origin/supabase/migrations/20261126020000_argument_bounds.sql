-- Each function that the API exposes bounds its own arguments before it works: whoever calls it directly comes past the
-- checks of Worker and origin. An argument outside its bounds, or null where a value is needed, is answered with
-- invalid_parameter_value (22023), which PostgREST turns into a 400. The functions whose only argument is a workspace need
-- no bound: they answer `forbidden` to everybody who is no member of exactly that workspace, before they read anything.
--
-- The bounds of the functions that write contacts and of the outbox stand with them (20261126020200_contact_writes.sql,
-- 20261126020300_outbox_relay.sql).

-- Null means that the argument was null, and does not hold either.
create function private.require_argument(p_holds boolean, p_rule text) returns void
language plpgsql immutable parallel safe
set search_path = ''
as $$
begin
  if p_holds is not true then
    raise exception '%', p_rule using errcode = 'invalid_parameter_value';
  end if;
end
$$;

create function private.is_identifier(p_id text) returns boolean
language sql immutable parallel safe
return octet_length(p_id) between 1 and 512 and char_length(p_id) <= 128;

create function private.is_list(p_list jsonb, p_items_max integer) returns boolean
language sql immutable parallel safe
return case when jsonb_typeof(p_list) = 'array' then jsonb_array_length(p_list) <= p_items_max else false end;

create function private.is_object(p_object jsonb, p_bytes_max integer) returns boolean
language sql immutable parallel safe
return jsonb_typeof(p_object) = 'object' and pg_column_size(p_object) <= p_bytes_max;

revoke all on function private.require_argument(boolean, text) from public;
revoke all on function private.is_identifier(text) from public;
revoke all on function private.is_list(jsonb, integer) from public;
revoke all on function private.is_object(jsonb, integer) from public;
grant execute on function private.require_argument(boolean, text) to authenticated, service_role;
grant execute on function private.is_identifier(text) to authenticated, service_role;
grant execute on function private.is_list(jsonb, integer) to authenticated, service_role;
grant execute on function private.is_object(jsonb, integer) to authenticated, service_role;

-- As before, with bounds: a null p_per_page was no limit at all.
create or replace function public.contacts_page(
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
set timezone = 'UTC'
as $$
declare
  v_question private.page_question;
  v_condition text := private.filter_condition(p_filter);
  v_search private.search_terms;
  v_place private.page_place;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_board), 'p_board must have 1 to 128 characters');
  perform private.require_argument(
    p_column is null or private.is_identifier(p_column), 'p_column must be null or have 1 to 128 characters'
  );
  perform private.require_argument(v_condition is not null, 'p_filter must be one of the filters');
  -- The API takes 200 characters and composes them (NFC), which makes some that are not ASCII three of one (UAX 15).
  perform private.require_argument(
    p_search is null or char_length(p_search) <= 200
    or char_length(p_search) <= 600 and octet_length(p_search) > char_length(p_search),
    'p_search must have at most 200 characters'
  );
  perform private.require_argument(
    p_sort_by in ('created_at', 'updated_at', 'name', 'last_activity_at'), 'p_sort_by must be one of the orders'
  );
  perform private.require_argument(p_sort_order in ('asc', 'desc'), 'p_sort_order must be asc or desc');
  perform private.require_argument(p_per_page between 1 and 100, 'p_per_page must be from 1 to 100');
  perform private.require_argument(p_page between 1 and 1000000, 'p_page must be from 1 to 1000000');
  perform private.require_argument(
    (p_after is null) = (p_after_id is null), 'p_after and p_after_id must both be null or neither'
  );
  perform private.require_argument(
    p_after is null or char_length(p_after) <= 512 and private.is_identifier(p_after_id)
    -- Beyond the years 1 to 9999 too, for the walk past a contact from before these were refused.
    and (p_sort_by = 'name' or p_after ~ '^(-?infinity|\d{4,6}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d(:?\d\d)?)( BC)?)$'),
    'p_after must be a sort value with its offset, at most 512 characters, and p_after_id an id'
  );

  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  if not exists (select from public.boards b where b.workspace_id = p_workspace and b.id = p_board) then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  if p_column is not null then
    v_condition := v_condition || ' and c.board_column_id = $3';
  end if;

  v_question := (
    p_workspace, p_board, p_column, p_filter, private.caller_id(), p_sort_by, p_sort_order, p_per_page, p_page,
    p_after, p_after_id
  )::private.page_question;
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

-- As before, with bounds: at most 4096 bytes of change, which is all that may be stored, and no deeper than settings are,
-- since private.merged goes into them level by level.
create or replace function public.cache_settings_write(p_workspace text, p_change jsonb) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_role text;
  v_saved public.cache_settings;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    private.is_object(p_change, 8192) and octet_length(p_change::text) <= 4096,
    'p_change must be an object of at most 4096 bytes'
  );
  perform private.require_argument(
    not jsonb_path_exists(p_change, '$.**{6}'), 'p_change must have at most 5 levels'
  );
  v_role := private.caller_role(p_workspace);
  -- A token's claim may name a workspace that is not (or no longer) here.
  if v_role is null or not exists (select from public.workspaces w where w.id = p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  elsif v_role <> 'admin' then
    return jsonb_build_object('outcome', 'admin_required');
  end if;
  insert into public.cache_settings as s (workspace_id, settings)
  values (p_workspace, private.merged('{}', p_change))
  on conflict (workspace_id) do update set settings = private.merged(s.settings, excluded.settings)
  returning * into v_saved;
  return jsonb_build_object('outcome', 'ok', 'settings', v_saved.settings, 'updated_at', v_saved.updated_at);
end
$$;

-- fold_counts is long and gets one check before all else: it is defined again from its own text. A null was no limit.
do $$
begin
  execute regexp_replace(
    pg_catalog.pg_get_functiondef('public.fold_counts(integer)'::regprocedure),
    E'\nbegin\n',
    E'\nbegin\n  perform private.require_argument('
      'p_rows_max between 1 and 100000, ''p_rows_max must be from 1 to 100000'');\n'
  );
end
$$;
