-- The functions of four resources: the company of a domain, a company's communications, a thread, and the attachments of a
-- communication. Each checks the caller's role before it reads anything, and names the workspace in every statement. Lists
-- follow an index and stop after their limit, so their cost does not grow with the tables.

create function private.company_shown(p_company public.companies) returns jsonb
language sql stable parallel safe
set search_path = ''
set timezone = 'UTC'
as $$
  select jsonb_build_object(
    'id', p_company.id, 'name', p_company.name, 'website', p_company.website, 'industry', p_company.industry,
    'employees', p_company.employees,
    'domains', array(
      select d.domain
      from public.company_domains d
      where d.workspace_id = p_company.workspace_id and d.company_id = p_company.id
      order by d.domain
      limit 50
    ),
    'created_at', p_company.created_at, 'updated_at', p_company.updated_at
  )
$$;

-- `p_domain` is a domain in ASCII without `www.`. Two companies may have it, one of them under `www.`: the one that has the
-- domain itself answers.
create function public.company_by_domain(p_workspace text, p_domain text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_companies text[];
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    char_length(p_domain) between 3 and 253, 'p_domain must have 3 to 253 characters'
  );
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_companies := array(
    select c.id
    from public.company_domains d
    join public.companies c on c.workspace_id = d.workspace_id and c.id = d.company_id
    where d.workspace_id = p_workspace and d.domain in (p_domain, 'www.' || p_domain)
    order by char_length(d.domain)
  );
  if v_companies = '{}' then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return (
    select jsonb_build_object(
      'outcome', 'ok',
      'company', private.company_shown(c),
      'matches', (select count(distinct found.id) from unnest(v_companies) found (id))
    )
    from public.companies c
    where c.workspace_id = p_workspace and c.id = v_companies[1]
  );
end
$$;

-- The newest communications of a company. Bodies are cut to their beginning.
create function public.company_communications(p_workspace text, p_company text, p_limit integer) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_shown jsonb[];
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_company), 'p_company must have 1 to 128 characters');
  perform private.require_argument(p_limit between 1 and 100, 'p_limit must be from 1 to 100');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  if not exists (select from public.companies c where c.workspace_id = p_workspace and c.id = p_company) then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  v_shown := array(
    select jsonb_build_object(
      'id', c.id, 'thread_id', c.thread_id, 'contact_id', c.contact_id, 'user_id', c.user_id,
      'direction', c.direction, 'from_address', c.from_address, 'to_addresses', c.to_addresses,
      'subject', c.subject, 'preview', left(c.body, 200), 'sent_at', c.sent_at
    )
    from public.communications c
    where c.workspace_id = p_workspace and c.company_id = p_company
    order by c.sent_at desc, c.id desc
    limit p_limit + 1
  );
  return jsonb_build_object(
    'outcome', 'ok', 'communications', to_jsonb(v_shown[:p_limit]), 'has_more', cardinality(v_shown) > p_limit
  );
end
$$;

-- A thread with its newest 50 communications.
create function public.thread(p_workspace text, p_thread text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_thread jsonb;
  v_shown jsonb[];
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_thread), 'p_thread must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  select jsonb_build_object(
    'id', t.id, 'subject', t.subject, 'company_id', t.company_id, 'contact_id', t.contact_id,
    'created_at', t.created_at, 'updated_at', t.updated_at
  )
  into v_thread
  from public.threads t
  where t.workspace_id = p_workspace and t.id = p_thread;
  if v_thread is null then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  v_shown := array(
    select jsonb_build_object(
      'id', c.id, 'company_id', c.company_id, 'contact_id', c.contact_id, 'user_id', c.user_id,
      'direction', c.direction, 'from_address', c.from_address, 'to_addresses', c.to_addresses,
      'subject', c.subject, 'body', c.body, 'sent_at', c.sent_at,
      'attachments', (
        select count(*)
        from public.communication_attachments a
        where a.workspace_id = c.workspace_id and a.communication_id = c.id
      )
    )
    from public.communications c
    where c.workspace_id = p_workspace and c.thread_id = p_thread
    order by c.sent_at desc, c.id desc
    limit 51
  );
  return jsonb_build_object(
    'outcome', 'ok', 'thread', v_thread, 'communications', to_jsonb(v_shown[:50]), 'has_more', cardinality(v_shown) > 50
  );
end
$$;

-- The attachments of a communication, at most a hundred by their constraint: names, types and sizes.
create function public.communication_attachments(p_workspace text, p_communication text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    private.is_identifier(p_communication), 'p_communication must have 1 to 128 characters'
  );
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  if not exists (
    select from public.communications c where c.workspace_id = p_workspace and c.id = p_communication
  ) then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object(
    'outcome', 'ok',
    'attachments', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('name', a.name, 'content_type', a.content_type, 'size_bytes', a.size_bytes)
          order by a.position
        ),
        '[]'
      )
      from public.communication_attachments a
      where a.workspace_id = p_workspace and a.communication_id = p_communication
    )
  );
end
$$;

revoke all on function private.company_shown(public.companies) from public;
revoke all on function public.company_by_domain(text, text) from public, anon;
revoke all on function public.company_communications(text, text, integer) from public, anon;
revoke all on function public.thread(text, text) from public, anon;
revoke all on function public.communication_attachments(text, text) from public, anon;
grant execute on function public.company_by_domain(text, text) to authenticated, service_role;
grant execute on function public.company_communications(text, text, integer) to authenticated, service_role;
grant execute on function public.thread(text, text) to authenticated, service_role;
grant execute on function public.communication_attachments(text, text) to authenticated, service_role;
