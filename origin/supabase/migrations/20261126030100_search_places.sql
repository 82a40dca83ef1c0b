-- What a search asks of contacts.search_text, and the place and total of its page.
--
--   - Text is always looked for as text: from three characters on anywhere in a name, an e-mail address or a phone number,
--     below that where a word begins. What can be a phone number is looked for by its digits besides: three or more
--     anywhere in a number, fewer at its beginning.
--   - A total is exact up to 10,000 matches of search, filter and column together. It is an estimate only where more than
--     10,000 have been found, and never contradicts its page.

-- Null for no search, and for one of which nothing is left. $5 is the pattern of the text, $6 the digits.
create or replace function private.search_terms_of(p_search text) returns private.search_terms
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  v_folded constant text := btrim(private.folded(translate(p_search, chr(10), ' ')));
  v_text constant text := private.word_marked(v_folded);
  -- As many characters as were given will do, since fewer may be left. What begins a word by itself always stands where
  -- one begins, and then LIKE finds it through the index, as a regular expression of such a character would not.
  v_is_anywhere constant boolean := v_text like chr(31) || '%'
    or greatest(char_length(v_folded), char_length(normalize(p_search, nfc))) >= 3;
  v_digits constant text := private.searched_digits(v_folded);
  v_condition text;
begin
  if v_folded is null or v_folded = '' then
    return null;
  end if;
  v_condition := case when v_is_anywhere then 'c.search_text like $5' else 'c.search_text ~ $5' end;

  -- The forms of a number stand behind the second line break, each on a line; digits alone are found there as text.
  if v_digits <> v_text then
    v_condition := v_condition || case
      when char_length(v_digits) < 3 then ' or c.search_text like e''%\n%\n'' || $6 || ''%'''
      else ' or c.search_text like e''%\n%\n%'' || $6 || ''%'''
    end;
  end if;
  -- An international number is stored without what leads out of the country.
  if v_digits ~ '^00[0-9]{3}' then
    v_condition := v_condition || ' or c.search_text like e''%\n%\n'' || substr($6, 3) || ''%''';
  elsif v_digits ~ '^011[0-9]{5}' then
    v_condition := v_condition || ' or c.search_text like e''%\n%\n'' || substr($6, 4) || ''%''';
  end if;
  return (
    '(' || v_condition || ')',
    case
      when v_is_anywhere then '%' || regexp_replace(v_text, '([\\%_])', '\\\1', 'g') || '%'
      -- Behind what ASCII sets apart, and behind the marks of words, of fields and of lines. Digits are no words within a
      -- number as it is written.
      else case when v_text = v_digits then '^(?:[^' || chr(29) || ']*' else '(?:^|' end
        || '[ -/:-@\[-`{-~' || chr(10) || chr(29) || chr(30) || chr(31) || '])'
        || case when v_text = v_digits then '?' else '' end
        || regexp_replace(v_text, '([ -/:-@\[-`{-~])', '\\\1', 'g')
    end,
    v_digits
  )::private.search_terms;
end
$$;

-- How many contacts a search finds that meet `p_condition`, about: told from whole blocks of some 2,000 contacts of the
-- board, picked at random but the same each time. Good for choosing a way, and for a total past what is counted.
create or replace function private.search_estimate(
  p_question private.page_question, p_search private.search_terms, p_in_board bigint, p_met bigint
) returns bigint
language plpgsql stable
set search_path = ''
as $$
declare
  v_condition constant text := private.filter_condition(p_question.filter)
    || case when p_question.board_column_id is null then '' else ' and c.board_column_id = $3' end;
  v_sampled bigint;
  v_met bigint;
  v_found bigint;
begin
  execute format(
    $query$
      select
        count(*), count(*) filter (where %1$s), count(*) filter (where %1$s and %2$s)
      from public.contacts c tablesample system (least(100, 200000.0 / $8)) repeatable (1)
      where c.workspace_id = $1 and c.board_id = $2
    $query$,
    v_condition,
    (p_search).condition
  )
  into v_sampled, v_met, v_found
  using p_question.workspace_id, p_question.board_id, p_question.board_column_id, p_question.caller,
    (p_search).term, (p_search).digits, private.facet_bit(p_question.filter), p_in_board;
  return case
    when v_met = 0 then 0
    else least(p_met, p_met * v_found / v_met)
  end;
end
$$;

-- Whether more than `p_found_max` contacts meet the condition, by finding them: what an estimate says is not enough, since
-- those that are found may all stand in the blocks that were looked at, or be the few that meet a filter. Where they are
-- many among all of the partition they are soonest found block by block (the sample of all that there is), which the
-- planner would not be left to choose; else through the index.
create function private.finds_more(
  p_question private.page_question,
  p_condition text,
  p_search private.search_terms,
  p_found_max bigint,
  p_estimate bigint
) returns boolean
language plpgsql stable
set search_path = ''
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
as $$
declare
  c_looked_at_max constant bigint := 100000;
  v_stored constant double precision := (
    select p.reltuples from pg_catalog.pg_class p
    where p.oid = (select c.tableoid from public.contacts c where c.workspace_id = p_question.workspace_id limit 1)
  );
  v_is_block_by_block constant boolean :=
    v_stored >= 0 and p_found_max * v_stored <= c_looked_at_max::double precision * p_estimate;
  v_found bigint;
begin
  execute format(
    $query$
      select count(*)
      from (
        select from public.contacts c %1$s
        where c.workspace_id = $1 and c.board_id = $2 and %2$s
        limit $8
      ) found
    $query$,
    case when v_is_block_by_block then 'tablesample system (100)' else '' end,
    p_condition
  )
  into v_found
  using p_question.workspace_id, p_question.board_id, p_question.board_column_id, p_question.caller,
    (p_search).term, (p_search).digits, private.facet_bit(p_question.filter), p_found_max + 1;
  return v_found > p_found_max;
end
$$;

-- The place of a page of a search, and its total. Where an estimate says that there are far more matches than are counted,
-- that is proven and they are not collected, for the page is walked to in any case.
create or replace function private.searched_place(
  p_question private.page_question, p_condition text, p_search private.search_terms
) returns private.page_place
language plpgsql stable
set search_path = ''
as $$
declare
  c_matches_max constant bigint := 10000;
  v_totals constant record := private.page_totals(p_question);
  v_condition constant text := p_condition || ' and ' || (p_search).condition;
  v_is_by_number constant boolean := p_question.after_id is null;
  v_pass_over constant bigint := case
    when v_is_by_number then (p_question.page - 1)::bigint * p_question.per_page
    else 0
  end;
  -- A cursor says of its page which it is, unless it is left at the first.
  v_before constant bigint := (p_question.page - 1)::bigint * p_question.per_page;
  v_facet constant smallint := private.facet_bit(p_question.filter);
  v_collected text := v_condition;
  v_estimate bigint := 0;
  v_matches bigint;
  v_ids text[];
  v_shown integer;
  v_has_more boolean;
  v_total bigint;
begin
  if v_totals.met = 0 then
    return ('{}', 0, false, false)::private.page_place;
  end if;
  if v_totals.met > c_matches_max then
    v_estimate := private.search_estimate(p_question, p_search, v_totals.in_board, v_totals.met);
  end if;
  if v_estimate < 2 * c_matches_max
    or not private.finds_more(p_question, v_condition, p_search, c_matches_max, v_estimate) then
    -- Said once more in a way that the index of facets answers: few meet the filter, however many the search finds.
    if v_facet > 0 and v_totals.met < v_totals.in_board / 8 then
      v_collected := v_condition || ' and c.facets = any ($8)';
    end if;
    select matches, ids
    from private.collect(p_question, v_collected, p_search, c_matches_max + 1, v_pass_over)
    into v_matches, v_ids;
  end if;
  if v_matches <= c_matches_max then
    return (
      v_ids[:p_question.per_page], v_matches, false, cardinality(v_ids) > p_question.per_page
    )::private.page_place;
  end if;

  v_ids := case
    when v_pass_over >= v_totals.met then '{}'
    else private.walk(
      p_question, v_condition, p_search, p_question.direction, p_question.per_page + 1, v_pass_over
    )
  end;
  v_shown := least(cardinality(v_ids), p_question.per_page);
  v_has_more := cardinality(v_ids) > p_question.per_page;
  if v_is_by_number and not v_has_more and v_shown > 0 then
    return (v_ids, v_before + v_shown, false, false)::private.page_place;
  end if;
  v_total := greatest(least(v_estimate, v_totals.met), c_matches_max + 1);
  v_total := case
    when v_has_more then greatest(v_total, v_before + v_shown + 1)
    when v_is_by_number then least(v_total, v_before)
    when v_before > 0 then greatest(c_matches_max + 1, v_before + v_shown)
    else v_total
  end;
  return (v_ids[:p_question.per_page], v_total, true, v_has_more)::private.page_place;
end
$$;

revoke all on function private.finds_more(private.page_question, text, private.search_terms, bigint, bigint)
from public, anon;

-- Nothing calls it any more: private.phone_forms and private.searched_digits took its place.
drop function private.phone_digits(text);
