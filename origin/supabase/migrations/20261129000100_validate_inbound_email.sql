-- The columns that these constraints bound are new and empty, so that this reads the rows once and finds nothing.
alter table public.communications validate constraint communications_message_id_length;
alter table public.communications validate constraint communications_automated_known;
alter table public.communications validate constraint communications_importance_known;
alter table public.communications validate constraint communications_meeting_form;
