-- How a search finds contacts by contacts.search_text, and the page and the total it answers with.
--
--   - Text is always looked for as text: three characters or more anywhere in a name, an e-mail address or a phone
--     number, fewer at the beginning of a word. A search that can be a phone number is also looked for by its digits:
--     three or more anywhere in a number, fewer at its beginning; and a whole number with its country code or without.
--   - A total is exact up to 10,000 contacts that match search, filter and column together. It is an estimate only
--     where more than 10,000 were found, and never contradicts its page.

-- Null without a search, and for one that folds to nothing. In the condition $5 is the pattern of the text and $6 the
-- digits.
create or replace function private.search_terms_of(p_search text) returns private.search_terms
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  v_folded constant text := btrim(private.folded(translate(p_search, chr(10), ' ')));
  v_text constant text := private.word_marked(v_folded);
  -- Three characters as they were given are enough, though fewer may be left of them. A character that begins a word by
  -- itself needs no regular expression, which the index could not answer for characters beyond U+07FF.
  v_is_anywhere constant boolean := v_text like chr(31) || '%'
    or greatest(char_length(v_folded), char_length(p_search)) >= 3;
  v_digits constant text := private.searched_digits(v_folded);
  v_has_plus constant boolean := v_folded ~ '^[^0-9]*\+';
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
  v_condition := v_condition || coalesce(private.phone_conditions(v_digits, v_has_plus), '');
  return (
    '(' || v_condition || ')',
    case
      when v_is_anywhere then '%' || regexp_replace(v_text, '([\\%_])', '\\\1', 'g') || '%'
      -- A word begins behind ASCII's punctuation and the marks of words, fields and lines. Groups of digits within a
      -- phone number as it is written, behind the chr(29), are no words.
      else case when v_text = v_digits then '^(?:[^' || chr(29) || ']*' else '(?:^|' end
        || '[ -/:-@\[-`{-~' || chr(10) || chr(29) || chr(30) || chr(31) || '])'
        || case when v_text = v_digits then '?' else '' end
        || regexp_replace(v_text, '([ -/:-@\[-`{-~])', '\\\1', 'g')
    end,
    v_digits
  )::private.search_terms;
end
$$;

-- About how many contacts of the filter and the column a search finds, from whole blocks with some 2,000 contacts of
-- the board: picked at random, but the same each time. It chooses the way to a page, and is the total beyond 10,000.
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

-- How many contacts meet the condition, up to `p_found_max`, or all with null. An estimate is no proof: the matches may
-- happen to stand in the blocks that it looked at. Where a good part of the partition matches, reading it block by block
-- finds them soonest (a sample of 100 % reads all blocks, and the limit ends it early); otherwise the index does.
create function private.count_found(
  p_question private.page_question,
  p_condition text,
  p_search private.search_terms,
  p_found_max bigint,
  p_estimate bigint
) returns bigint
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
  v_is_block_by_block constant boolean := v_stored >= 0 and case
    when p_found_max is null then v_stored <= 20.0 * p_estimate
    else p_found_max * v_stored <= c_looked_at_max::double precision * p_estimate
  end;
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
    (p_search).term, (p_search).digits, private.facet_bit(p_question.filter), p_found_max;
  return v_found;
end
$$;

-- The place of a page of a search, and its total. Where the estimate says that there are far more matches than are
-- counted, they are not collected: it is proven that there are more, and the page is walked to.
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
  -- With a cursor, the page says how many contacts were shown before; 1 means that the caller does not know.
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
    or private.count_found(p_question, v_condition, p_search, c_matches_max + 1, v_estimate) <= c_matches_max then
    -- The same filter again, in a form that the index of facets can answer: few contacts meet it.
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
  -- The walk went past all matches and found no page. Counting them takes about as long once more, and whoever came here
  -- by an estimate knows where they end.
  if v_is_by_number and v_shown = 0 and v_pass_over < v_totals.met then
    v_total := private.count_found(p_question, v_condition, p_search, null, v_estimate);
    return ('{}', v_total, false, false)::private.page_place;
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

revoke all on function private.count_found(private.page_question, text, private.search_terms, bigint, bigint)
from public, anon;

-- private.phone_forms and private.searched_digits took its place.
drop function private.phone_digits(text);
