-- The answers about one contact: by its id, by an address, by a phone number. A lead is a contact as a voice agent sees it,
-- with its company. shared/resources/contacts/ has the declarations.
--
-- The functions run as their owner and check the caller's role themselves: under row level security no index by a function
-- would be used. A plan is made for each call, because only a plan that knows the workspace reads one partition alone.

-- A company that does not exist is none.
create function private.lead_shown(p_contact public.contacts) returns jsonb
language sql stable parallel safe
set search_path = ''
as $$
  select private.contact_shown(p_contact) || jsonb_build_object(
    'company', (
      select jsonb_build_object('id', c.id, 'name', c.name)
      from public.companies c
      where c.workspace_id = p_contact.workspace_id and c.id = p_contact.company_id
    )
  )
$$;

create function public.contact(p_workspace text, p_contact text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_contact public.contacts;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_contact), 'p_contact must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  select c.* into v_contact from public.contacts c where c.workspace_id = p_workspace and c.id = p_contact;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'contact', private.contact_shown(v_contact));
end
$$;

create function public.lead(p_workspace text, p_contact text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_contact public.contacts;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_contact), 'p_contact must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  select c.* into v_contact from public.contacts c where c.workspace_id = p_workspace and c.id = p_contact;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'lead', private.lead_shown(v_contact));
end
$$;

create function public.lead_status(p_workspace text, p_contact text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
set plan_cache_mode = force_custom_plan
as $$
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_contact), 'p_contact must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  return coalesce(
    (
      select jsonb_build_object(
        'outcome', 'ok', 'id', c.id, 'status', c.status, 'lead_status', c.lead_status, 'updated_at', c.updated_at
      )
      from public.contacts c
      where c.workspace_id = p_workspace and c.id = p_contact
    ),
    jsonb_build_object('outcome', 'not_found')
  );
end
$$;

-- `p_addresses` are keys of addresses (private.email_key). Of several contacts the one with the latest activity answers, and
-- of those the one with the first id.
create function public.contact_by_email(p_workspace text, p_addresses text[]) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_contact public.contacts;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    cardinality(p_addresses) between 1 and 2 and private.texts_fit(p_addresses, 320),
    'p_addresses must be one or two texts of 1 to 320 characters'
  );
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  select found_first.* into v_contact
  from unnest(p_addresses) asked (address)
  cross join lateral (
    select c.*
    from public.contacts c
    where c.workspace_id = p_workspace and c.email is not null and private.email_key(c.email) = asked.address
    order by c.last_activity_at desc, c.id
    limit 1
  ) found_first
  order by found_first.last_activity_at desc, found_first.id
  limit 1;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object(
    'outcome', 'ok',
    'contact', private.contact_shown(v_contact),
    'matches', (
      select count(*)
      from public.contacts c
      where c.workspace_id = p_workspace and c.email is not null and private.email_key(c.email) = any (p_addresses)
    )
  );
end
$$;

-- `p_keys` are the keys of a number (private.phone_key), as shared/contact-points/phone.ts makes them.
create function public.lead_by_phone(p_workspace text, p_keys text[]) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_contact public.contacts;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    cardinality(p_keys) between 1 and 10 and private.texts_fit(p_keys, 40),
    'p_keys must be 1 to 10 texts of 1 to 40 characters'
  );
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  select found_first.* into v_contact
  from unnest(p_keys) asked (key)
  cross join lateral (
    select c.*
    from public.contacts c
    where c.workspace_id = p_workspace and c.phone is not null and private.phone_key(c.phone) = asked.key
    order by c.last_activity_at desc, c.id
    limit 1
  ) found_first
  order by found_first.last_activity_at desc, found_first.id
  limit 1;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object(
    'outcome', 'ok',
    'lead', private.lead_shown(v_contact),
    'matches', (
      select count(*)
      from public.contacts c
      where c.workspace_id = p_workspace and c.phone is not null and private.phone_key(c.phone) = any (p_keys)
    )
  );
end
$$;

-- The country of numbers that name none.
create function public.workspace_region(p_workspace text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  return jsonb_build_object(
    'outcome', 'ok',
    'region', coalesce(
      (select c.region from public.workspace_configurations c where c.workspace_id = p_workspace), 'US'
    )
  );
end
$$;

revoke all on function private.lead_shown(public.contacts) from public, anon;
do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'public.contact(text, text)', 'public.lead(text, text)', 'public.lead_status(text, text)',
    'public.contact_by_email(text, text[])', 'public.lead_by_phone(text, text[])', 'public.workspace_region(text)'
  ] loop
    execute format('revoke all on function %s from public, anon', v_function);
    execute format('grant execute on function %s to authenticated, service_role', v_function);
  end loop;
end
$$;
