-- Contacts by address and by number, the most recently active first. The statement blocks writers of contacts while it
-- runs, some 15 s for a million contacts. A deployment with many runs the migration before this one by itself, and then
-- `create index concurrently` for each partition, under the names below: an index that is there already is kept.
do $$
declare
  v_partition text;
  v_index record;
begin
  for v_index in
    select *
    from (values
      ('email', '(workspace_id, private.email_key(email), last_activity_at desc, id) where email is not null'),
      ('phone', '(workspace_id, private.phone_key(phone), last_activity_at desc, id) where phone is not null')
    ) listed (name, definition)
  loop
    execute format('create index contacts_by_%s on only public.contacts %s', v_index.name, v_index.definition);
    for n in 0 .. 63 loop
      v_partition := 'contacts_' || lpad(n::text, 2, '0');
      execute format(
        'create index if not exists %s_by_%s on private.%s %s',
        v_partition, v_index.name, v_partition, v_index.definition
      );
      execute format(
        'alter index public.contacts_by_%s attach partition private.%s_by_%s', v_index.name, v_partition, v_index.name
      );
    end loop;
  end loop;
end
$$;
