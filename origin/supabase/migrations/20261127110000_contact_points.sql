-- The keys of addresses and numbers: one text for all notations of an address, and a short list of texts for those of a
-- number. Contacts keep what was written, and are found by the key. shared/contact-points/ computes the same keys, and
-- test/database/contact-points.test.ts proves that the two agree.
--
-- The functions run for every contact that is written, in its indexes and triggers. A search path of their own would cost
-- more than their work, so they name everything outside pg_catalog by its schema.

-- A plus sign and digits if the number names its country (`+`, `00`, or any number behind `whatsapp:`), else its digits
-- alone. The number ends before a letter, and so before an extension. Null without a digit.
create or replace function private.phone_key(p_phone text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  v_text constant text collate "C" := translate(
    p_phone, '＋０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '+012345678901234567890123456789'
  );
  v_number constant text collate "C" := substring(
    v_text from e'[+0-9][0-9 \u00a0\u2007\u2009\u202f\u3000()\u2010-\u2015\u2212./-]*'
  );
  v_digits constant text collate "C" := regexp_replace(v_number, '[^0-9]', '', 'g');
begin
  return case
    when v_digits = '' then null
    when v_digits like '00%' then '+' || substr(v_digits, 3)
    when v_number like '+%' or v_text ~* '^ *whatsapp:' then '+' || v_digits
    else v_digits
  end;
end
$$;

-- The ASCII form of a label of a domain (RFC 3492), which must be folded already. A label of more than 63 characters is
-- valid in no form and stays as it is.
create or replace function private.label_ascii(p_label text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  v_codes constant integer[] := array(
    select ascii(letter) from unnest(string_to_array(p_label, null)) with ordinality listed (letter, place) order by place
  );
  v_result text := array_to_string(array(select chr(code) from unnest(v_codes) code where code < 128), '');
  v_basic constant integer := char_length(v_result);
  v_handled integer := v_basic;
  v_next bigint := 128;
  v_delta bigint := 0;
  v_bias bigint := 72;
  v_code bigint;
  v_rest bigint;
  v_threshold bigint;
  v_weight bigint;
begin
  if v_basic = cardinality(v_codes) or cardinality(v_codes) > 63 then
    return p_label;
  end if;
  v_result := 'xn--' || v_result || case when v_basic > 0 then '-' else '' end;
  while v_handled < cardinality(v_codes) loop
    v_code := (select min(code) from unnest(v_codes) code where code >= v_next);
    v_delta := v_delta + (v_code - v_next) * (v_handled + 1);
    v_next := v_code;
    foreach v_code in array v_codes loop
      if v_code < v_next then
        v_delta := v_delta + 1;
      elsif v_code = v_next then
        v_rest := v_delta;
        v_weight := 36;
        loop
          v_threshold := least(greatest(v_weight - v_bias, 1), 26);
          exit when v_rest < v_threshold;
          v_result := v_result || substr(
            'abcdefghijklmnopqrstuvwxyz0123456789',
            (v_threshold + (v_rest - v_threshold) % (36 - v_threshold))::integer + 1, 1
          );
          v_rest := (v_rest - v_threshold) / (36 - v_threshold);
          v_weight := v_weight + 36;
        end loop;
        v_result := v_result || substr('abcdefghijklmnopqrstuvwxyz0123456789', v_rest::integer + 1, 1);
        v_delta := case when v_handled = v_basic then v_delta / 700 else v_delta / 2 end;
        v_handled := v_handled + 1;
        v_delta := v_delta + v_delta / v_handled;
        v_weight := 0;
        while v_delta > 455 loop
          v_delta := v_delta / 35;
          v_weight := v_weight + 36;
        end loop;
        v_bias := v_weight + 36 * v_delta / (v_delta + 38);
        v_delta := 0;
      end if;
    end loop;
    v_delta := v_delta + 1;
    v_next := v_next + 1;
  end loop;
  return v_result;
end
$$;

-- The ASCII form of a domain, in lower case. Browsers map letters by UTS 46, which is compatibility composition and lower
-- case for everything that people register; a final sigma stays one only where it was written as one.
create or replace function private.domain_ascii(p_domain text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  v_domain text;
begin
  if octet_length(p_domain) = char_length(p_domain) then
    return lower(p_domain collate "C");
  end if;
  v_domain := normalize(
    lower(translate(normalize(p_domain, nfkc), e'\u3002\u03a3\u1e9e', e'.\u03c3\u00df') collate "und-x-icu"), nfkc
  );
  return array_to_string(
    array(
      select private.label_ascii(label)
      from unnest(string_to_array(v_domain, '.')) with ordinality listed (label, place)
      order by place
    ),
    '.'
  );
end
$$;

-- A to Z folded, and the domain in ASCII.
create or replace function private.email_key(p_email text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  v_email constant text collate "C" := btrim(p_email, e' \t\r\n');
  v_domain text collate "C";
begin
  if octet_length(v_email) = char_length(v_email) then
    return lower(v_email);
  end if;
  v_domain := substring(v_email from '[^@]*$');
  return lower(normalize(left(v_email, char_length(v_email) - char_length(v_domain)), nfc) collate "C")
    || private.domain_ascii(v_domain);
end
$$;

-- Indexes compute the keys with the rights of the user who writes.
revoke all on function private.phone_key(text) from public, anon;
revoke all on function private.label_ascii(text) from public, anon;
revoke all on function private.domain_ascii(text) from public, anon;
revoke all on function private.email_key(text) from public, anon;
grant execute on function private.phone_key(text) to authenticated, service_role;
grant execute on function private.label_ascii(text) to authenticated, service_role;
grant execute on function private.domain_ascii(text) to authenticated, service_role;
grant execute on function private.email_key(text) to authenticated, service_role;
