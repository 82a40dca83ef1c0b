-- What a search looks through, and how both sides of it are made alike: case and accents gone, a phone number reduced
-- to its digits. It comes before the tables, one of whose columns is made of it.
--
-- The three extensions are contrib modules that every hosted Supabase project offers; its schema for them is
-- `extensions`. pg_trgm finds substrings through an index, btree_gin puts the workspace into the same index, unaccent
-- knows the letters.

create schema if not exists private;
create schema if not exists extensions;
create extension if not exists pg_trgm with schema extensions;
create extension if not exists btree_gin with schema extensions;
create extension if not exists unaccent with schema extensions;

-- Declared immutable, though a superuser could change unaccent's rules or the server's ICU: then what is stored was
-- made by the older rules, and `update contacts set name = name` makes it anew. unaccent without the dictionary's name
-- would depend on the search path.
create function private.folded(p_text text) returns text
language sql immutable strict parallel safe
return extensions.unaccent('extensions.unaccent'::regdictionary, lower(p_text collate "und-x-icu"));

-- +49 (0)30 12-34 and 0049 30 1234 are the same number.
create function private.phone_digits(p_phone text) returns text
language sql immutable strict parallel safe
return regexp_replace(regexp_replace(p_phone, '\(0\)|\D', '', 'g'), '^00', '');

-- Name, e-mail address and phone digits, a line each: no match reaches from one into the next, since a search holds no
-- control characters.
create function private.search_text(p_name text, p_email text, p_phone text) returns text
language sql immutable parallel safe
return private.folded(p_name || chr(10) || replace(coalesce(p_email, ''), chr(10), ' '))
  || chr(10) || coalesce(private.phone_digits(p_phone), '');
