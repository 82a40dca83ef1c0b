-- The families of tags that the database writes into the outbox. A new family is added to the same table in
-- shared/tags/families.ts first; test/database/tag-families.test.ts proves that the two tables agree.
--
-- This table only grows at its end, because ledgers and entries store offsets that follow from its order. `buckets` is 0
-- for a family without buckets. People type the values of a typed family, so the letters A to Z are folded in them.
-- Other letters are not, because lower() and JavaScript's toLowerCase() differ beyond ASCII.
create function private.tag_families() returns table (
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
      (18, 'call', 64, 1, false)
  ) listed (place, family, buckets, slots, is_typed);
end;

-- Null if there is no such family. The function is immutable, so that the planner replaces a call with its result.
create function private.family_buckets(p_family text) returns integer
language sql immutable parallel safe
return (select f.buckets from private.tag_families() f where f.family = p_family);

create function private.is_typed_family(p_family text) returns boolean
language sql immutable parallel safe
return (select f.is_typed from private.tag_families() f where f.family = p_family);

create function private.typed_folded(p_value text) returns text
language sql immutable strict parallel safe
return translate(p_value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');

-- The bucket of a value in a family with buckets: the first two bytes of the value's SHA-256 as a big-endian number, modulo
-- the number of buckets. The function is not declared immutable, because convert_to is not, and the planner inlines a
-- function only if its volatility is no stricter than that of its parts.
create function private.bucket_of(p_family text, p_value text) returns integer
language sql stable parallel safe
return ('x' || left(
  encode(
    sha256(convert_to(
      case when private.is_typed_family(p_family) then private.typed_folded(p_value) else p_value end, 'UTF8'
    )),
    'hex'
  ),
  4
))::bit(16)::integer % private.family_buckets(p_family);

-- A change on its way into the outbox. `bucket` is null for a whole family. `slots` is a mask, and null except for places.
create type private.tag_move as (family text, bucket integer, slots integer);

-- The moves of one row of the outbox, as shared/tags/moves.ts writes them: `counts`, `contact#517`, `place#13#1802`.
-- `p_moves` has each bucket of a family once. More than 32 buckets of a family become the whole family, so that a row stays
-- small however many rows a statement changes (shared/limits.ts: bucketsNamedMax).
create function private.moves_told(p_moves private.tag_move[]) returns text[]
language sql immutable parallel safe
return array(
  select unnest(case
    when count(m.bucket) between 1 and 32 then array_agg(
      m.family || '#' || m.bucket || coalesce('#' || lpad(to_hex(m.slots), 4, '0'), '')
    )
    else array[m.family]
  end)
  from unnest(p_moves) m
  group by m.family
);

revoke all on function private.tag_families() from public;
revoke all on function private.family_buckets(text) from public;
revoke all on function private.is_typed_family(text) from public;
revoke all on function private.typed_folded(text) from public;
revoke all on function private.bucket_of(text, text) from public;
revoke all on function private.moves_told(private.tag_move[]) from public;
