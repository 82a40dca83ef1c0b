-- Each call of a request shows the request's trace as the connection's `application_name` while its transaction runs. So
-- pg_stat_activity, the locks of a session and the lines of the slow-query log (`%a` in log_line_prefix) name the trace that the logs
-- of the Worker and the origin name too. `boardcache` and the 32 digits of an id are 43 of the 63 bytes that the name may have.

-- Shows the trace of the header `traceparent` (W3C Trace Context, version 00), which PostgREST puts into `request.headers`. A call
-- without a valid one keeps the name of its connection. Nothing else of the header is shown, whoever sent it.
create function private.show_trace() returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  v_headers text := current_setting('request.headers', true);
  v_parent text;
begin
  if strpos(v_headers, '"traceparent"') > 0 then
    v_parent := v_headers::json ->> 'traceparent';
    -- Each `_` is one character, and all but the three hyphens are digits. A regular expression takes five times as long.
    if v_parent like '00-________________________________-________________-__'
      and translate(v_parent, '0123456789abcdef', '') = '---'
      and v_parent not like '00-00000000000000000000000000000000-%'
      and v_parent not like '%-0000000000000000-__' then
      -- It lasts until the end of the transaction, so that the line of a slow statement has it, and the next call does not.
      perform set_config('application_name', 'boardcache ' || substr(v_parent, 4, 32), true);
    end if;
  end if;
end
$$;

revoke all on function private.show_trace() from public;
grant execute on function private.show_trace() to authenticated, service_role;

-- Every function that is called for a request begins with it. The work of the origin itself (the relay, marks, upkeep) is for no
-- request, and its functions stay as they are. This adds one line to each function, and leaves its rights and settings.
do $do$
declare
  v_names constant text[] := array[
    'analytics', 'cache_settings_read', 'cache_settings_write', 'call_session', 'call_session_delete',
    'call_session_patch', 'call_session_put', 'campaign_stats', 'communication_attachments', 'company_by_domain',
    'company_communications', 'contact', 'contact_by_email', 'contact_counts', 'contact_counts_of', 'contact_create',
    'contact_delete', 'contact_update', 'contacts_import', 'contacts_page', 'dashboard', 'ended_call_store',
    'export_create', 'export_read', 'exports_list', 'import_create', 'import_read', 'import_stored', 'imports_list',
    'inbound_email_allowance', 'inbound_email_count_edge', 'inbound_email_domains', 'inbound_email_figures',
    'inbound_email_list', 'inbound_email_queue', 'inbound_email_settings', 'inbound_email_settings_change',
    'inbound_email_take', 'inbound_email_take_together', 'lead', 'lead_by_phone', 'lead_context', 'lead_control',
    'lead_control_write', 'lead_greeting', 'lead_history', 'lead_message_create', 'lead_status', 'lead_summary',
    'mailbox', 'mailbox_delete', 'mailbox_put', 'notifications_mark', 'notifications_page', 'organization_by_phone',
    'permissions', 'segment_count', 'snapshots_list', 'thread', 'webhook_deliveries', 'webhook_delivery_resend',
    'webhook_endpoint', 'webhook_endpoint_create', 'webhook_endpoint_delete', 'webhook_endpoint_rotate',
    'webhook_endpoint_test', 'webhook_endpoint_update', 'webhook_endpoints', 'webhook_sources', 'workspace_boards',
    'workspace_config', 'workspace_membership', 'workspace_needs', 'workspace_region', 'workspaces_list'
  ];
  v_function record;
  v_body text;
begin
  for v_function in
    select p.oid, p.oid::regprocedure as signature, p.prosrc, l.lanname, pg_get_functiondef(p.oid) as definition
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace = 'public'::regnamespace and p.proname = any (v_names)
    order by p.oid
  loop
    v_body := case v_function.lanname
      when 'plpgsql' then regexp_replace(v_function.prosrc, '(^|\n)begin\n', E'\\1begin\n  perform private.show_trace();\n')
      when 'sql' then E'\n  select private.show_trace();' || v_function.prosrc
    end;
    if v_body is null or strpos(v_body, 'private.show_trace()') = 0 then
      raise exception 'the body of % has no place for show_trace', v_function.signature;
    end if;
    execute replace(v_function.definition, v_function.prosrc, v_body);
  end loop;
end
$do$;
