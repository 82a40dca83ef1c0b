-- Three more families of tags, each a single thing: a workspace's configuration, its webhook sources, and its daily
-- snapshots. shared/tags/families.ts has the same table.
create or replace function private.tag_families() returns table (
  place integer, family text, buckets integer, slots integer, is_typed boolean
)
language sql immutable parallel safe
begin atomic
  select *
  from (
    values
      (1, 'workspace', 0, 1, false),
      (2, 'settings', 0, 1, false),
      (3, 'counts', 0, 1, false),
      (4, 'contact', 1024, 1, false),
      (5, 'conversation', 1024, 1, false),
      (6, 'email', 1024, 1, true),
      (7, 'phone', 1024, 1, true),
      (8, 'thread', 1024, 1, false),
      (9, 'company', 512, 1, false),
      (10, 'domain', 512, 1, true),
      (11, 'communication', 512, 1, false),
      (12, 'user', 256, 1, false),
      (13, 'campaign', 256, 1, false),
      (14, 'segment', 256, 1, false),
      (15, 'mailbox', 256, 1, false),
      (16, 'place', 512, 16, false),
      (17, 'members', 64, 1, false),
      (18, 'call', 64, 1, false),
      (19, 'config', 0, 1, false),
      (20, 'sources', 0, 1, false),
      (21, 'analytics', 0, 1, false)
  ) listed (place, family, buckets, slots, is_typed);
end;
