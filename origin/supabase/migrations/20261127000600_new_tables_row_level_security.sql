-- Members read what is their workspace's, and of a mailbox only their own. All writes of these tables are the backend's,
-- whose role is not bound by policies.
do $$
declare
  v_table text;
begin
  foreach v_table in array array[
    'companies', 'company_domains', 'conversations', 'messages', 'conversation_summaries', 'lead_controls',
    'call_sessions', 'threads', 'communications', 'communication_attachments', 'campaigns', 'campaign_sends', 'segments',
    'analytics_snapshots', 'workspace_configurations', 'phone_numbers', 'role_permissions', 'webhook_sources',
    'mailbox_folders', 'mailbox_messages'
  ] loop
    execute format('alter table public.%I enable row level security', v_table);
    execute format('revoke all on public.%I from anon, authenticated', v_table);
    execute format('grant select on public.%I to authenticated', v_table);
    execute format('grant all on public.%I to service_role', v_table);
    execute format(
      'create policy members_read on public.%I for select to authenticated
       using (workspace_id = any ((select private.caller_workspaces())::text[])%s)',
      v_table,
      case when v_table like 'mailbox\_%' then ' and user_id = (select private.caller_id())' else '' end
    );
  end loop;
end
$$;
