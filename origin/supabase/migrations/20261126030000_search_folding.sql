-- What a search compares: text in which everything is gone that people ignore when they look for somebody. Both sides
-- are made by the same functions: what is stored (the generated column contacts.search_text) and what is searched for.
--
--   - private.folded takes away case, accents, invisible characters, the difference between one way of encoding a
--     character and another, and whose digits a number is written with.
--   - private.word_marked marks where words begin that ASCII's punctuation does not set apart.
--   - private.phone_forms and private.searched_digits read digits out of what is written as a phone number.
--
-- This file only replaces functions and adds some, so that it takes a moment whatever the database holds. Rows keep the
-- text that was made of them before until they are renewed (20261126030200_search_renewal.sql), and until then they are
-- found as they were: the layout stays, and for a contact with a name of Latin letters and a number like +4930123456
-- the text does too.
--
-- The classes of characters are Unicode 17's, written down here, since Postgres does not know the categories of
-- characters and its ICU may be of any age: rules that changed with an upgrade of the server would no longer find what
-- was stored under the ones before. test/database/search-folding.test.ts holds all of them against every character.

do $do$
declare
  -- Marks above, below or within a letter (canonical combining class other than 0; but not the vowels of Thai, Lao and
  -- Tibetan, which have one too), enclosing marks, and what Unicode calls default-ignorable: joiners, variation
  -- selectors, soft hyphens, direction marks. Also what only draws a word out (tatweel, and its like in N'Ko).
  c_ignored constant text := '
    00AD 0300-0344 0346-036F 0483-0489 0591-05BD 05BF 05C1-05C2 05C4-05C5 05C7 0610-061A 061C 0640 064B-065F 0670
    06D6-06DC 06DF-06E4 06E7-06E8 06EA-06ED 0711 0730-074A 07EB-07F3 07FA 07FD 0816-0819 081B-0823 0825-0827 0829-082D
    0859-085B 0897-089F 08CA-08E1 08E3-08FF 093C 094D 0951-0954 09BC 09CD 09FE 0A3C 0A4D 0ABC 0ACD 0B3C 0B4D 0BCD
    0C3C 0C4D-0C56 0CBC 0CCD 0D3B-0D3C 0D4D 0DCA 0E3A 0E48-0E4B 0EBA 0EC8-0ECB 0F18-0F19 0F35 0F37 0F39 0F81-0F84
    0F86-0F87 0FC6 1037 1039-103A 108D 115F-1160 135D-135F 1714-1715 1734 17B4-17B5 17D2 17DD 180B-180F 18A9
    1939-193B 1A17-1A18 1A60 1A75-1A7F 1AB0-1AEB 1B34 1B44 1B6B-1B73 1BAA-1BAB 1BE6 1BF2-1BF3 1C37 1CD0-1CD2
    1CD4-1CE0 1CE2-1CE8 1CED 1CF4 1CF8-1CF9 1DC0-1DFF 200B-200F 202A-202E 2060-206F 20D0-20F0 2CEF-2CF1 2D7F
    2DE0-2DFF 302A-302F 3099-309A 3164 A66F-A672 A674-A67D A69E-A69F A6F0-A6F1 A806 A82C A8C4 A8E0-A8F1 A92B-A92D
    A953 A9B3 A9C0 AAB0 AAB2-AAB4 AAB7-AAB8 AABE-AABF AAC1 AAF6 ABED FB1E FE00-FE0F FE20-FE2F FEFF FFA0 FFF0-FFFB
    101FD 102E0 10376-1037A 10A0D 10A0F 10A38-10A3F 10AE5-10AE6 10D24-10D27 10D69-10D6D 10EAB-10EAC 10EFA-10EFB
    10EFD-10EFF 10F46-10F50 10F82-10F85 11046 11070 1107F 110B9-110BA 11100-11102 11133-11134 11173 111C0 111CA
    11235-11236 112E9-112EA 1133B-1133C 1134D 11366-11374 113CE-113D0 11442 11446 1145E 114C2-114C3 115BF-115C0
    1163F 116B6-116B7 1172B 11839-1183A 1193D-1193E 11943 119E0 11A34 11A47 11A99 11C3F 11D42 11D44-11D45 11D97
    11F41-11F42 1612F 16AF0-16AF4 16B30-16B36 16FF0-16FF1 1BC9E 1BCA0-1BCA3 1D165-1D169 1D16D-1D182 1D185-1D18B
    1D1AA-1D1AD 1D242-1D244 1E000-1E02A 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF 1E6E3 1E6E6
    1E6EE-1E6EF 1E6F5 1E8D0-1E8D6 1E944-1E94A E0000-E0FFF
  ';
  -- Letters, numbers and marks beyond ASCII. Characters that are not assigned, or that folding leaves nothing of, stand
  -- in either class.
  c_word constant text := '
    00C6-00D0 00D8-00F0 00F8-02C1 02C6-02D1 02EC 02EE 0345-0373 0376-03F3 03F7-0481 048A-0559 0560-0588 05D0-05F2
    0620-0669 066E-06D2 06D5 06E5-06E6 06EE-06FC 06FF 0710-07F5 07FA 0800-0828 0840-0858 0860-0887 0889-088F
    08A0-08C9 0900-0963 0966-096F 0971-09F1 09F4-09F9 09FC 0A01-0A75 0A81-0AEF 0AF9-0B6F 0B71-0BF2 0C00-0C6F
    0C78-0C7E 0C80-0C83 0C85-0D4E 0D54-0D78 0D7A-0DF3 0E01-0E39 0E40-0E4E 0E50-0E59 0E81-0F00 0F20-0F33 0F3E-0F80
    0F88-0FBC 1000-1049 1050-109D 10A0-10FA 10FD-135A 1369-138F 13A0-13FD 1401-166C 166F-167F 1681-169A 16A0-16EA
    16EE-1733 1740-17D3 17D7 17DC-17F9 1810-1938 1946-19DA 1A00-1A1B 1A20-1A99 1AA7 1B00-1B4C 1B50-1B59 1B80-1BF1
    1C00-1C36 1C40-1C7D 1C80-1CBF 1CE1-1EFF 2132 214E 2180-2188 24EB-24FF 2776-2793 2C00-2CE4 2CEB-2CF3 2CFD
    2D00-2D67 2D80-2DDE 2E2F 3005-3007 3021-3029 3031-3035 303B-303C 3041-309D 30A1-30F6 30FC-312F 31A0-31BF
    31F0-324F 3400-4DBF 4E00-A48C A4D0-A4FD A500-A60C A610-A66E A67F-A6EF A717-A71F A722-A788 A78B-A827 A830-A835
    A840-A873 A880-A8C5 A8D0-A8F7 A8FB A8FD-A92A A930-A952 A960-A9BF A9CF-A9D9 A9E0-AA59 AA60-AA76 AA7A-AADD
    AAE0-AAEF AAF2-AB5A AB60-AB68 AB70-ABEA ABEC-D7FB FA0E-FA29 FE73 10000-100FA 10107-10133 10140-10178
    1018A-1018B 10280-1039D 103A0-103CF 103D1-10563 10570-10855 10858-10876 10879-1091B 10920-10939 10940-10A48
    10A60-10A7E 10A80-10AC7 10AC9-10AEF 10B00-10B35 10B40-10B91 10BA9-10D65 10D6F-10D85 10E60-10EA9 10EB0-10EC7
    10EFC-10F54 10F70-10F81 10FB0-11045 11052-110B8 110C2 110D0-1113F 11144-11172 11176-111C4 111C9-111CC
    111CE-111DA 111DC 111E1-11237 1123E-112A8 112B0-113D3 113E1-1144A 11450-11459 1145F-114C5 114C7-115BE
    115D8-11640 11644-11659 11680-116B8 116C0-1173B 11740-11838 118A0-11942 11950-119E1 119E3-11A3E 11A50-11A98
    11A9D 11AB0-11AF8 11B60-11BE0 11BF0-11C40 11C50-11C6C 11C72-11EF6 11F00-11F40 11F50-11FD4 12000-1246E
    12480-12FF0 13000-1342F 13440-16A69 16A70-16AED 16B00-16B2F 16B40-16B43 16B50-16D6C 16D70-16E96 16EA0-16FE1
    16FE3-1BC99 1BC9D 1CF00-1CF46 1D2C0-1D2F3 1D360-1D378 1DA00-1DA36 1DA3B-1DA6C 1DA75 1DA84 1DA9B-1E14E
    1E290-1E2F9 1E4D0-1E5FA 1E6C0-1E959 1EC71-1ECAB 1ECAD-1ECAF 1ECB1-1ED2D 1ED2F-1ED3D 1F10B-1F10C 20000-33479
  ';
  -- Characters each of which begins a word: those of scripts that are written without spaces (Han, kana, Bopomofo, Yi,
  -- Tangut, Nushu, Khitan, Thai, Lao, Khmer, Burmese, Tai, Ahom, Javanese, Balinese), and the first of a Hangul
  -- syllable.
  c_alone constant text := '
    0E01-0E30 0E32 0E40-0E46 0E81-0EB0 0EB2 0EBD-0EC6 0EDE-0EDF 1000-102A 103F 1050-1055 105A-105D 1061 1065-1066
    106E-1070 1075-1081 108E 1100-115E 1780-17B3 17D7 17DC-17F9 1950-19DA 1A20-1A54 1AA7 1B05-1B33 1B45-1B4C 3005
    3007 3021-3029 303B 3041-309D 30A1-30F6 30FD-312F 31A0-31BF 31F0-31FF 3400-4DBF 4E00-A48C A960-A97C A984-A9B2
    A9E0-A9E4 A9E6-A9FE AA60-AA76 AA7A AA7E-AADD FA0E-FA29 11700-1171A 1173A-1173B 11740-11746 16FE0-16FE1 16FE3
    16FF2-1B2FB 20000-33479
  ';
  -- The zeros of the decimal digits (category Nd) that have no compatibility decomposition; nine digits follow each.
  c_zeros constant text := '
    0660 06F0 07C0 0966 09E6 0A66 0AE6 0B66 0BE6 0C66 0CE6 0D66 0DE6 0E50 0ED0 0F20 1040 1090 17E0 1810 1946 19D0
    1A80 1A90 1B50 1BB0 1C40 1C50 A620 A8D0 A900 A9D0 A9F0 AA50 ABF0 104A0 10D30 10D40 11066 110F0 11136 111D0
    112F0 11450 114D0 11650 116C0 116D0 116DA 11730 118E0 11950 11BF0 11C50 11D50 11DA0 11DE0 11F50 16130 16A60
    16AC0 16B50 16D70 1E140 1E2F0 1E4F0 1E5F1 1E950
  ';
  -- Hyphens and dashes that unaccent does not know.
  c_dashes constant text := '
    058A 05BE 1400 1806 2043 2E17 2E1A 2E3A 2E3B 2E40 2E5D 301C 3030 30A0 10D6E 10EAD
  ';
  -- What Unicode has added after version 10, the oldest that a server's ICU is expected to know: capitals and their
  -- small letters, and compatibility characters of one letter.
  c_added constant text := '
    1C89>1C8A 1C90-1CBA>10D0 1CBD-1CBF>10FD 2C2F>2C5F A7B8>A7B9 A7BA>A7BB A7BC>A7BD A7BE>A7BF A7C0>A7C1 A7C2>A7C3
    A7C4>A794 A7C5>0282 A7C6>1D8E A7C7>A7C8 A7C9>A7CA A7CB>0264 A7CC>A7CD A7CE>A7CF A7D0>A7D1 A7D2>A7D3 A7D4>A7D5
    A7D6>A7D7 A7D8>A7D9 A7DA>A7DB A7DC>019B A7F1>0073 A7F5>A7F6 10570-1057A>10597 1057C-1058A>105A3
    1058C-10592>105B3 10594-10595>105BB 105C9>105D2 105E4>105DA 10D50-10D65>10D70 16E40-16E5F>16E60
    16EA0-16EB8>16EBB 1CCD6-1CCEF>0061 1CCF0-1CCF9>0030 1E030-1E038>0430 1E039-1E03B>043A 1E03C-1E046>043E
    1E047>044B 1E048-1E049>044D 1E04A>A689 1E04B>04D9 1E04C>0456 1E04D>0458 1E04E>04E9 1E04F>04AF 1E050>04CF
    1E051-1E059>0430 1E05A-1E05B>043A 1E05C-1E05D>043E 1E05E>0441 1E05F-1E064>0443 1E065-1E066>044A 1E067>0491
    1E068>0456 1E069>0455 1E06A>045F 1E06B>04AB 1E06C>A651 1E06D>04B1
  ';
  -- Apostrophes and quotation marks of any language, since keyboards have one of each; middle dots between the parts of
  -- a name; letters of Arabic that the keyboards of its languages have in each other's place (alef wasla; kaf; yeh and
  -- alef maksura; heh and teh marbuta); and letters that used to be another one with a joiner (Bengali khanda ta,
  -- Malayalam chillus).
  c_alike constant text := '
    02B9>0027 02BB>0027 02BC>0027 02BD>0027 02BE>0027 02BF>0027 02C8>0027 02CA>0027 02CB>0027 055A>0027 05F3>0027
    07F4>0027 07F5>0027 2018>0027 2019>0027 201A>0027 201B>0027 2032>0027 2035>0027 2039>0027 203A>0027 275B>0027
    275C>0027 A78B>0027 A78C>0027 00AB>0022 00BB>0022 02BA>0022 05F4>0022 201C>0022 201D>0022 201E>0022 201F>0022
    275D>0022 275E>0022 2E42>0022 301D>0022 301E>0022 301F>0022 1F676>0022 1F677>0022 1F678>0022
    2022>00B7 2027>00B7 2219>00B7 22C5>00B7 2E31>00B7 30FB>00B7
    0671>0627 0672>0627 0673>0627 06A9>0643 06AA>0643 0649>064A 06CC>064A 0629>0647 06BE>0647 06C1>0647 06C3>0647
    06D5>0647 09CE>09A4 0D54>0D2E 0D55>0D2F 0D56>0D34 0D7A>0D23 0D7B>0D28 0D7C>0D30 0D7D>0D32 0D7E>0D33 0D7F>0D15
  ';
  -- Letters that unaccent alone makes the same of as all the steps together, for speed: most names have no others.
  c_latin constant text := '
    00C0-00D6 00D8-00F6 00F8-013E 0141-0148 014A-0183 0187-018C 0190-0193 0195 0197-019A 019D-019E 01A0-01A5
    01AB-01B0 01B2-01B6 01C4-01DC 01DE-01E1 01E4-01ED 01F0-01F5 01F8-01FB 0200-021B 021E-021F 0221 0224-0240
    0243-0244 0246-0249 024C-024F 1E00-1E99 1E9C-1E9E 1EA0-1EFF
  ';
  v_from text := '';
  v_to text := '';
  v_one record;

  v_ignored text;
  v_word text;
  v_alone text;
  v_latin text;
begin
  -- The replacements, one character by one.
  for v_one in
    select chr(('x' || lpad(zero, 8, '0'))::bit(32)::integer + n) as source, n::text as target
    from regexp_split_to_table(btrim(c_zeros, E' \n'), '\s+') zero
    cross join generate_series(0, 9) n
    union all
    select chr(('x' || lpad(dash, 8, '0'))::bit(32)::integer), '-'
    from regexp_split_to_table(btrim(c_dashes, E' \n'), '\s+') dash
    union all
    select chr(r.first + n), chr(r.target + n)
    from (
      select
        ('x' || lpad((m.part)[1], 8, '0'))::bit(32)::integer as first,
        ('x' || lpad(coalesce((m.part)[2], (m.part)[1]), 8, '0'))::bit(32)::integer as last,
        ('x' || lpad((m.part)[3], 8, '0'))::bit(32)::integer as target
      from regexp_matches(c_added || c_alike, '([0-9A-F]+)(?:-([0-9A-F]+))?>([0-9A-F]+)', 'g') m (part)
    ) r
    cross join generate_series(0, r.last - r.first) n
  loop
    v_from := v_from || v_one.source;
    v_to := v_to || v_one.target;
  end loop;

  -- The lists as the insides of bracket expressions.
  select
    max(inside) filter (where list = 1),
    max(inside) filter (where list = 2),
    max(inside) filter (where list = 3),
    max(inside) filter (where list = 4)
  from (
    select list, string_agg('\U' || lpad(part[1], 8, '0') || coalesce('-\U' || lpad(part[2], 8, '0'), ''), '') as inside
    from unnest(array[c_ignored, c_word, c_alone, c_latin]) with ordinality lists (members, list)
    cross join lateral regexp_matches(members, '([0-9A-F]+)(?:-([0-9A-F]+))?', 'g') part
    group by list
  ) made
  into v_ignored, v_word, v_alone, v_latin;

  -- Text becomes upper case and then lower case, since several small letters may share a capital. Marks are removed
  -- after that, because the capital of the iota subscript is a letter. The sigma at the end of a word becomes an
  -- ordinary one. An accent without a letter (´, which decomposes to a space and a mark) is written for an apostrophe.
  -- Yiddish ligatures have no decomposition in Unicode. unaccent comes last: it knows letters that do not decompose (ł, ø, æ, ß), quotation marks and dashes,
  -- and some of its answers are capitals. Line breaks stay, because they separate the fields of contacts.search_text.
  --
  -- Declared immutable, though a superuser could change unaccent's rules. No search path is set, here and in the other
  -- functions of the generated column: every contact that is written would pay for it.
  execute format(
    $function$
      create or replace function private.folded(p_text text) returns text
      language plpgsql immutable strict parallel safe
      as $body$
      declare
        v_text text collate "C";
      begin
        if octet_length(p_text) = char_length(p_text) then
          v_text := lower(p_text collate "C");
        elsif p_text collate "C" !~ %5$L then
          v_text := lower(extensions.unaccent('extensions.unaccent'::regdictionary, p_text) collate "C");
        else
          v_text := lower(upper(normalize(p_text, nfkd) collate "und-x-icu"));
          v_text := regexp_replace(v_text, ' [\u0300\u0301\u0313\u0314]', '''', 'g');
          v_text := replace(regexp_replace(v_text, %1$L, '', 'g'), 'ς', 'σ');
          if octet_length(v_text) > char_length(v_text) then
            if v_text ~ %2$L then
              v_text := translate(v_text, %3$L, %4$L);
            end if;
            if v_text ~ '[\u05f0-\u05f2]' then
              v_text := replace(replace(replace(v_text, 'װ', 'וו'), 'ױ', 'וי'), 'ײ', 'יי');
            end if;
            v_text := lower(extensions.unaccent('extensions.unaccent'::regdictionary, v_text) collate "C");
          end if;
        end if;
        if position('  ' in v_text) > 0 or v_text ~ '[\u0001-\u0009\u000b-\u001f`\u007f-\u009f\u1680\u2028\u2029]' then
          v_text := regexp_replace(v_text, '[\u0001-\u0009\u000b-\u0020\u007f-\u009f\u1680\u2028\u2029]+', ' ', 'g');
          v_text := replace(v_text, '`', '''');
        end if;
        return v_text;
      end
      $body$
    $function$,
    '[' || v_ignored || ']+',
    '[' || v_from || ']',
    v_from,
    v_to,
    '[^\u0001-\u007f' || v_latin || ']'
  );

  -- A symbol is put between chr(31) and chr(30), and a character that begins a word by itself behind a chr(31). Neither
  -- depends on what is around it, so that the marked part of a text is a part of the marked text.
  execute format(
    $function$
      create or replace function private.word_marked(p_folded text) returns text
      language plpgsql immutable strict parallel safe
      as $body$
      begin
        if octet_length(p_folded) = char_length(p_folded) then
          return p_folded;
        end if;
        return regexp_replace(
          regexp_replace(p_folded collate "C", %1$L, chr(31) || '\1' || chr(30), 'g'),
          %2$L,
          chr(31) || '\1',
          'g'
        );
      end
      $body$
    $function$,
    '([^\u0001-\u007f' || v_word || '])',
    '([' || v_alone || '])'
  );
end
$do$;

-- The forms in which a stored number is looked for, a line each. The first has all digits, without the + or 00 of an
-- international number and without the "(0)" that is left out from abroad. Others follow where they differ: with the
-- 00, without a leading 011 (the 00 of North America), with the "(0)", the numbers that a + begins behind the first, and
-- with letters replaced by the digits of a keypad. `p_folded` is a folded phone number.
create or replace function private.phone_forms(p_folded text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  v_text constant text collate "C" := p_folded;
  v_digits constant text := regexp_replace(v_text, '[^0-9]', '', 'g');
  v_number text := v_digits;
  v_keys text;
  v_forms text;
begin
  if v_text ~ '[0-9][^0-9]*\( ?0 ?\)' then
    v_number := regexp_replace(
      regexp_replace(v_text, '([0-9][^0-9]*?)\( ?0 ?\)', '\1', 'g'), '[^0-9]', '', 'g'
    );
  end if;
  v_forms := regexp_replace(v_number, '^00', '');
  if v_number like '00%' then
    v_forms := v_forms || chr(10) || v_number;
  elsif v_number ~ '^011[0-9]{8}' then
    v_forms := v_forms || chr(10) || substr(v_number, 4);
  end if;
  if v_number <> v_digits then
    v_forms := v_forms || chr(10) || v_digits;
  end if;
  if v_text ~ '[0-9].*\+ ?[0-9]' then
    v_forms := v_forms || (
      select string_agg(chr(10) || regexp_replace(part, '[^0-9]', '', 'g'), '' order by number)
      from regexp_split_to_table(v_text, '[0-9][^+]*\+') with ordinality parts (part, number)
      where number > 1
    );
  end if;
  if v_text ~ '^[^a-z]*[0-9].*[a-z]' then
    v_keys := translate(
      regexp_replace(v_text, '[^0-9a-z]', '', 'g'), 'abcdefghijklmnopqrstuvwxyz', '22233344455566677778889999'
    );
    v_forms := v_forms || chr(10) || regexp_replace(v_keys, '^00', '');
  end if;
  return v_forms;
end
$$;

-- The digits of a search that can be a phone number, or null for one that cannot. Letters may be a label in front of
-- the number ("Tel. 030 123456") or behind it ("030 123456 (home)"), the word before an extension ("555 123 4567 ext. 5"),
-- or stand for digits on a keypad ("1-800-FLOWERS"). `p_folded` is a folded search.
create or replace function private.searched_digits(p_folded text) returns text
language plpgsql immutable strict parallel safe
set search_path = ''
as $$
declare
  -- Symbols are no letters: a telephone before a number, a bullet within. Japanese keyboards have the mark of a long
  -- vowel where others have the hyphen.
  v_text text collate "C" := translate(
    regexp_replace(private.word_marked(p_folded) collate "C", chr(31) || '[^' || chr(31) || ']' || chr(30), ' ', 'g'),
    '[]ー',
    '()-'
  );
  v_digits text collate "C";
begin
  v_text := regexp_replace(v_text, '\( ?0 ?\)', '', 'g');
  v_digits := regexp_replace(v_text, '[^0-9]', '', 'g');
  if char_length(v_digits) >= 6 then
    v_text := regexp_replace(regexp_replace(v_text, '\([^()0-9]*\)', '', 'g'), '^[^0-9(+]+', '');
  end if;
  -- So many digits are a whole number: what follows stands for no digits.
  if char_length(v_digits) >= 10 then
    v_text := regexp_replace(v_text, '[^0-9]+$', '');
  end if;
  if v_digits = '' or v_text ~ '[%&@<>"!?$^{}]' then
    return null;
  elsif v_text !~ '[a-z\u0080-\U0010ffff]' then
    return v_digits;
  elsif v_text ~ '^([^0-9a-z\u0080-\U0010ffff]*[0-9]){5,}[^0-9]{1,15}[0-9]{1,6}[^0-9a-z\u0080-\U0010ffff]*$' then
    return v_digits;
  elsif v_text ~ '^[^a-z]*[0-9]' and v_text !~ '[\u0080-\U0010ffff]' and char_length(v_digits) >= 2 then
    v_digits := translate(
      regexp_replace(v_text, '[^0-9a-z]', '', 'g'), 'abcdefghijklmnopqrstuvwxyz', '22233344455566677778889999'
    );
    return case when char_length(v_digits) >= 5 then v_digits end;
  end if;
  return null;
end
$$;

-- Where the digits of a search ($6) may also stand, as further conditions: the number with its country code where it is
-- stored without, and the other way round. Nobody can tell which country a number without its code is of, so that only
-- six digits and more behind the code, or behind the zero in its place, are taken for the same number. That zero is an
-- eight in Russia, and a one in North America. `p_is_abroad` says that a + was before the digits.
create function private.phone_conditions(p_digits text, p_is_abroad boolean) returns text
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  c_begins constant text := ' or c.search_text like e''%%\n%%\n%s'' || %s || ''%%''';
  v_out constant integer := case
    when p_digits ~ '^00[1-9]' then 2
    when p_digits ~ '^011[1-9][0-9]{4}' and not p_is_abroad then 3
    else 0
  end;
  v_number constant text := substr(p_digits, v_out + 1);
  -- ITU-T E.164: a code has one digit, two, or three.
  v_code constant integer := case
    when v_number ~ '^[17]' then 1
    when v_number ~ '^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])' then 2
    else 3
  end;
  v_national constant text := substr(v_number, v_code + 1);
  -- Where the parts begin within the digits.
  v_from constant text := format('substr($6, %s)', v_out + v_code + 1);
  v_conditions text := '';
begin
  if v_out > 0 then
    v_conditions := format(c_begins, '', format('substr($6, %s)', v_out + 1));
  end if;
  if (p_is_abroad or v_out > 0) and char_length(ltrim(v_national, '0')) >= 6 then
    v_conditions := v_conditions || format(c_begins, '', v_from) || case
      when v_national like '0%' then format(
        c_begins, '', format('substr($6, %s, %s) || substr($6, %s)', v_out + 1, v_code, v_out + v_code + 2)
      )
      when v_number like '1%' then ''
      else format(c_begins, case when v_number like '7%' then '8' else '0' end, v_from)
    end;
  elsif p_is_abroad then
    return v_conditions;
  elsif p_digits ~ '^(1[2-9][0-9]|8[0-9]{2})[0-9]{8}$' then
    v_conditions := v_conditions || format(c_begins, '', 'substr($6, 2)') || case
      when p_digits like '8%' then format(c_begins, '7', 'substr($6, 2)')
      else ''
    end;
  end if;
  if p_digits ~ '^0[1-9][0-9]{5}' then
    v_conditions := v_conditions || format(c_begins, '%', 'substr($6, 2)');
  end if;
  return v_conditions;
end
$$;

-- The name, the e-mail address and the forms of the phone number, a line each; then, behind a chr(29), the number as it
-- is written, unless that is one of its forms. No match reaches from one field into the next, because a folded search
-- holds no control character.
create or replace function private.search_text(p_name text, p_email text, p_phone text) returns text
language plpgsql immutable parallel safe
as $$
declare
  v_text constant text := private.word_marked(private.folded(p_name)) || chr(10)
    || coalesce(private.word_marked(private.folded(replace(p_email, chr(10), ' '))), '');
  v_phone text;
  v_forms text;
begin
  if p_phone is null then
    return v_text || chr(10);
  elsif p_phone collate "C" ~ '^\+?[1-9][0-9]*$' then
    return v_text || chr(10) || ltrim(p_phone, '+');
  end if;
  v_phone := private.folded(replace(p_phone, chr(10), ' '));
  v_forms := private.phone_forms(v_phone);
  return v_text || chr(10) || v_forms || case
    when v_phone = any (string_to_array(v_forms, chr(10))) then ''
    else chr(29) || private.word_marked(v_phone)
  end;
end
$$;

revoke all on function private.word_marked(text) from public, anon;
revoke all on function private.phone_forms(text) from public, anon;
revoke all on function private.searched_digits(text) from public, anon;
revoke all on function private.phone_conditions(text, boolean) from public, anon;
-- A generated column is made with the rights of the user who writes.
-- Whoever writes a contact folds its text: private.folded looks unaccent up when it runs.
grant usage on schema extensions to authenticated, service_role;
grant execute on function private.word_marked(text) to authenticated, service_role;
grant execute on function private.phone_forms(text) to authenticated, service_role;
