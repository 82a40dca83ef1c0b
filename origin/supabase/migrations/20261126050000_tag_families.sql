-- The kinds of tags, as the database writes them into the outbox. shared/tags/families.ts has the same table and is where
-- a family is added first; test/database/tag-families.test.ts holds the two together.
--
-- Append only: ledgers and entries keep offsets that follow from this order. `buckets` is 0 for a family that is one
-- thing. The values of a typed family are what people type, and the letters A to Z are folded in them, and no others:
-- lower() and JavaScript's toLowerCase() differ beyond ASCII.
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

-- Null where there is no such family. Immutable, so that the planner replaces a call by its number.
create function private.family_buckets(p_family text) returns integer
language sql immutable parallel safe
return (select f.buckets from private.tag_families() f where f.family = p_family);

create function private.is_typed_family(p_family text) returns boolean
language sql immutable parallel safe
return (select f.is_typed from private.tag_families() f where f.family = p_family);

create function private.typed_folded(p_value text) returns text
language sql immutable strict parallel safe
return translate(p_value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');

-- The bucket of a value in its family, which must be one with buckets: the first two bytes of its SHA-256, big endian,
-- modulo the number of buckets. Not declared immutable, since convert_to is not: the planner inlines a function only if it
-- claims no more than its parts.
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

-- What changed, on its way into the outbox. `bucket` is null for a family as a whole, `slots` (a mask) for all but places.
create type private.tag_move as (family text, bucket integer, slots integer);

-- The moves of one row of the outbox in the words of shared/tags/moves.ts: `counts`, `contact#517`, `place#13#1802`. Each
-- bucket of a family is named once in `p_moves`. More than 32 buckets are told as their family: a row stays small however
-- many rows a statement changes (shared/limits.ts: bucketsNamedMax).
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
