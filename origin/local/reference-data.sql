-- The reference data of the local stack and the tests, generated in the database. The same seed gives the same data. It runs
-- after the migrations, as their owner, in a database without workspaces.
--
--   select reference_data.prepare(seed, contacts, is_lively);          -- everything but the contacts of 15213
--   select reference_data.generate_contacts(seed, contacts, 1, 20000); -- contacts 1 to 20000 of 15213, and so on;
--   …                                                                  -- in any order, each number once
--   select reference_data.finish(seed, contacts);                      -- checks the number, builds indexes, writes the marker
--   vacuum analyze;                                                    -- on its own: index-only scans need it
--
-- The marker, reference_data.loaded (seed, contacts, loaded_at), is written last. If there are workspaces and no marker, a load
-- was interrupted. Such a database also lacks indexes and a foreign key, so start again from an empty one.
--
-- What it makes:
--   workspace 15213   `contacts` contacts (191663: exactly the counts of SPEC 3). Boards board_123 (about 94 %; columns
--                     col_1 … col_6), board_1 (about 4 %; col_11 … col_13), board_2 (the rest; col_21 … col_23).
--   workspace 15214   1,000 contacts, or none if lively-data.sql fills it (is_lively). Boards board_214 (col_1 … col_3),
--                     board_1 (col_11, col_12).
--   workspace 15215   1,000 contacts. Boards board_215 (col_1 … col_3), board_1 (col_11, col_12).
--   Boards, columns and contacts of the three share ids on purpose: an id is unique within its workspace only. Every
--   e-mail address of 15213 ends in .example, of 15214 in .example.org, of 15215 in .example.net.
--   users             …-000000000001 admin and …-000000000002 member of 15213, …-000000000003 admin and
--                     …-000000000006 member of 15214, …-000000000004 a member of nothing (all 00000000-0000-4000-8000-…).
--   contact ids       contact_000001 and up, in every workspace.
--
-- With fewer contacts in 15213 the rare counts stay as they are as long as they fit: 14 open but at most a tenth, 588
-- closed but at most a third, 40 assigned but at most a fifth of all, and likewise the others. No instant is later than
-- 2025-07-01; about one contact in twenty shares its created_at with its import's others.

create schema reference_data;

create table reference_data.loaded (
  seed integer not null,
  contacts integer not null,
  loaded_at timestamptz not null default now()
);

-- The contacts that differ from the usual: contact `number` of a workspace has `value` in `facet`.
create table reference_data.marks (
  workspace_id text not null,
  number integer not null,
  facet text not null,
  value text not null,
  primary key (workspace_id, number, facet)
);

-- Statements that create the indexes and the foreign keys of large tables again at the end of the load. Building them once takes
-- a quarter of the time of maintaining them row by row.
create table reference_data.held (statement text not null);

-- Names, their transliterations for addresses, and sentences, by script.
create table reference_data.scripts (
  script integer primary key,
  phone_prefix text not null,
  is_family_first boolean not null,
  given text[] not null,
  given_latin text[] not null,
  family text[] not null,
  family_latin text[] not null,
  sentences text[] not null
);

insert into reference_data.scripts values
  (0, '+1', false,
    '{James,Olivia,Liam,Emma,Noah,Ava,Ethan,Sophia,Mason,Isabella,Logan,Mia,Lucas,Charlotte,Henry,Amelia}',
    '{james,olivia,liam,emma,noah,ava,ethan,sophia,mason,isabella,logan,mia,lucas,charlotte,henry,amelia}',
    '{Smith,Johnson,O''Brien,Williams,Brown,McDonald,Garcia,Miller,Davis,Wilson,Taylor-Reed,Clark,Lewis,Walker}',
    '{smith,johnson,obrien,williams,brown,mcdonald,garcia,miller,davis,wilson,taylor-reed,clark,lewis,walker}',
    array['Thanks for the quick reply!', 'Could you send me the invoice again, please?', 'I will call back tomorrow.',
      'The delivery arrived, but one box is missing.', 'Is the offer still good until Friday?', '👍 perfect']),
  (1, '+34', false,
    '{José,María,Íñigo,Begoña,Álvaro,Lucía,Ángel,Inés,Jesús,Sofía,Raúl,Mónica,Andrés,Verónica}',
    '{jose,maria,inigo,begona,alvaro,lucia,angel,ines,jesus,sofia,raul,monica,andres,veronica}',
    '{Muñoz,García,Peña,Núñez,Hernández,Ibáñez,Gómez,Álvarez,Martínez,Sánchez,Jiménez}',
    '{munoz,garcia,pena,nunez,hernandez,ibanez,gomez,alvarez,martinez,sanchez,jimenez}',
    array['¿Me pueden enviar la factura otra vez?', 'Muchas gracias, todo llegó bien.', 'Llámenme mañana por la tarde.',
      'El pedido todavía no ha llegado.', '¡Qué buena noticia!']),
  (2, '+49', false,
    '{Jürgen,Käthe,Björn,Ulrike,Sören,Anneliese,Günter,Jörg,Bärbel,Matthias,Zoë,Hans-Peter}',
    '{juergen,kaethe,bjoern,ulrike,soeren,anneliese,guenter,joerg,baerbel,matthias,zoe,hans-peter}',
    '{Müller,Groß,Schröder,Weiß,Köhler,Jäger,Böhm,Strauß,Fröhlich,von der Mühlen}',
    '{mueller,gross,schroeder,weiss,koehler,jaeger,boehm,strauss,froehlich,vondermuehlen}',
    array['Könnten Sie mir die Rechnung noch einmal schicken?', 'Vielen Dank für die schnelle Antwort!',
      'Die Lieferung ist angekommen, ein Karton fehlt.', 'Ich melde mich nächste Woche.', 'Schöne Grüße']),
  (3, '+90', false,
    '{Işıl,Çağla,Şükrü,Gülşen,İbrahim,Özge,Ümit,Doğan}', '{isil,cagla,sukru,gulsen,ibrahim,ozge,umit,dogan}',
    '{Yılmaz,Çelik,Şahin,Öztürk,Güneş,Koç,Aydın}', '{yilmaz,celik,sahin,ozturk,gunes,koc,aydin}',
    array['Faturayı tekrar gönderebilir misiniz?', 'Teşekkürler, her şey yolunda.', 'Yarın sizi arayacağım.']),
  (4, '+48', false,
    '{Łukasz,Małgorzata,Wojciech,Agnieszka,Zdzisław,Jiří,Přemysl,Žaneta,Đorđe}',
    '{lukasz,malgorzata,wojciech,agnieszka,zdzislaw,jiri,premysl,zaneta,dorde}',
    '{Wójcik,Kowalczyk,Woźniak,Dvořák,Šťastný,Černý,Łaska,Hašek}',
    '{wojcik,kowalczyk,wozniak,dvorak,stastny,cerny,laska,hasek}',
    array['Proszę o ponowne przesłanie faktury.', 'Dziękuję za szybką odpowiedź!', 'Zadzwonię jutro.',
      'Děkuji, všechno dorazilo v pořádku.']),
  (5, '+380', false,
    '{Ольга,Дмитро,Наталія,Сергей,Юлия,Фёдор,Їжакевич,Ганна,Алексей,Щукарь}',
    '{olha,dmytro,nataliia,sergei,yulia,fyodor,yizhakevych,hanna,alexei,shchukar}',
    '{Шевченко,Иванов,Ковальчук,Соловьёв,Гончар,Мельник,Кузнецов,Бондаренко}',
    '{shevchenko,ivanov,kovalchuk,solovyov,honchar,melnyk,kuznetsov,bondarenko}',
    array['Пришлите, пожалуйста, счёт ещё раз.', 'Дякую за швидку відповідь!', 'Я перезвоню завтра.',
      'Посилка прийшла, але однієї коробки бракує.']),
  (6, '+30', false,
    '{Γιώργος,Ελένη,Νίκος,Αικατερίνη,Δημήτρης,Σοφία,Οδυσσέας}',
    '{giorgos,eleni,nikos,aikaterini,dimitris,sofia,odysseas}',
    '{Παπαδόπουλος,Ιωάννου,Οικονόμου,Αγγελόπουλος,Βασιλείου}',
    '{papadopoulos,ioannou,oikonomou,angelopoulos,vasileiou}',
    array['Μπορείτε να μου στείλετε ξανά το τιμολόγιο;', 'Ευχαριστώ για τη γρήγορη απάντηση!', 'Θα σας καλέσω αύριο.']),
  (7, '+20', false,
    '{محمد,فاطمة,أحمد,ليلى,يوسف,نور,عبد الرحمن}', '{mohamed,fatima,ahmed,layla,youssef,nour,abdelrahman}',
    '{الخطيب,حداد,العلي,منصور,السيد}', '{alkhatib,haddad,alali,mansour,elsayed}',
    array['هل يمكنكم إرسال الفاتورة مرة أخرى؟', 'شكرا على الرد السريع!', 'سأتصل بكم غدا.']),
  (8, '+972', false,
    '{נועה,איתי,תמר,יוסף,מיכל,אברהם}', '{noa,itay,tamar,yosef,michal,avraham}',
    '{כהן,לוי,מזרחי,פרץ,ביטון}', '{cohen,levi,mizrahi,peretz,biton}',
    array['אפשר לשלוח שוב את החשבונית?', 'תודה על המענה המהיר!', 'אתקשר מחר.']),
  (9, '+86', true,
    '{伟,芳,秀英,娜,敏,静,强,磊,洋,晓明}', '{wei,fang,xiuying,na,min,jing,qiang,lei,yang,xiaoming}',
    '{王,李,张,刘,陈,杨,欧阳,司马}', '{wang,li,zhang,liu,chen,yang,ouyang,sima}',
    array['请再发一次发票,谢谢。', '谢谢您的快速回复!', '我明天再打电话。', '货已经到了,但是少了一箱。']),
  (10, '+81', true,
    '{太郎,花子,さくら,翔太,美咲,ケンジ,陽菜}', '{taro,hanako,sakura,shota,misaki,kenji,hina}',
    '{佐藤,鈴木,高橋,田中,渡辺,伊藤}', '{sato,suzuki,takahashi,tanaka,watanabe,ito}',
    array['請求書をもう一度送っていただけますか。', '早速のご返信ありがとうございます!', '明日お電話いたします。']),
  (11, '+82', true,
    '{민준,서연,지후,하은,도윤,수빈}', '{minjun,seoyeon,jihu,haeun,doyun,subin}',
    '{김,이,박,최,정,남궁}', '{kim,lee,park,choi,jung,namgung}',
    array['청구서를 다시 보내 주시겠어요?', '빠른 답변 감사합니다!', '내일 다시 전화드리겠습니다.']),
  (12, '+91', false,
    '{आरव,प्रिया,विवेक,अनन्या,राहुल,दीपिका}', '{aarav,priya,vivek,ananya,rahul,deepika}',
    '{शर्मा,वर्मा,गुप्ता,सिंह,पटेल}', '{sharma,verma,gupta,singh,patel}',
    array['कृपया चालान फिर से भेज दीजिए।', 'जल्दी जवाब देने के लिए धन्यवाद!', 'मैं कल फ़ोन करूँगा।']),
  (13, '+66', false,
    '{สมชาย,สุดา,อนันต์,มาลี}', '{somchai,suda,anan,malee}',
    '{ใจดี,ศรีสุข,วงศ์สวัสดิ์,ทองคำ}', '{jaidee,srisuk,wongsawat,thongkham}',
    array['รบกวนส่งใบแจ้งหนี้อีกครั้งค่ะ', 'ขอบคุณสำหรับคำตอบที่รวดเร็ว!', 'พรุ่งนี้จะโทรกลับครับ']);

-- A number from 0 to 2^31 - 1 that looks random: the `draw`th of contact `number`.
create function reference_data.draw(seed integer, workspace text, number integer, draw integer) returns bigint
language sql immutable parallel safe
return hashint8extended(number, hashtextextended(workspace, seed::bigint * 64 + draw)) & 2147483647;

-- Gives each of `given` to one contact of the workspace, spread over its `total` numbers.
create function reference_data.mark(
  seed integer, workspace text, total integer, facet_name text, given text[]
) returns void
language sql
as $$
  insert into reference_data.marks (workspace_id, number, facet, value)
  select
    workspace,
    stretch.first + 1
      + (hashtextextended(facet_name || stretch.j, seed) & 2147483647) % (stretch.after - stretch.first),
    facet_name,
    given[stretch.j + 1]
  from (
    select j, j * total::bigint / cardinality(given) as first, (j + 1) * total::bigint / cardinality(given) as after
    from generate_series(0, cardinality(given) - 1) j
  ) stretch
$$;

-- The unusual contacts of a workspace with `total` contacts: in 15213 those of SPEC 3, in the others more of each kind.
create function reference_data.mark_the_few(seed integer, workspace text, total integer) returns void
language plpgsql
as $$
declare
  v_is_reference constant boolean := workspace = '15213';
  v_open constant integer := least(case when v_is_reference then 14 else 60 end, total / 10);
  v_closed constant integer := least(588, total / 3);
  v_assignees constant text[] := array(
    select '00000000-0000-4000-8000-0000000000a' || n from generate_series(1, 5) n
  ) || case workspace when '15214' then array['00000000-0000-4000-8000-000000000003'] else '{}'::text[] end;
begin
  perform reference_data.mark(
    seed, workspace, total, 'status',
    array(
      select case when j * v_open / (v_open + v_closed) < (j + 1) * v_open / (v_open + v_closed) then 'open' else 'closed' end
      from generate_series(0, v_open + v_closed - 1) j
    )
  );
  perform reference_data.mark(
    seed, workspace, total, 'priority',
    (array['low', 'high', 'low', 'low', 'high', 'low'])[1:least(6, total)]
  );
  perform reference_data.mark(
    seed, workspace, total, 'assigned_to',
    array(
      select v_assignees[1 + j % cardinality(v_assignees)]
      from generate_series(0, least(40, total / 5) - 1) j
    )
  );
  perform reference_data.mark(seed, workspace, total, 'needs_response', array_fill('yes'::text, array[least(5, total)]));
  perform reference_data.mark(seed, workspace, total, 'favorite', array_fill('yes'::text, array[least(3, total)]));
  perform reference_data.mark(seed, workspace, total, 'archived', array_fill('yes'::text, array[least(4, total)]));
  if not v_is_reference then
    perform reference_data.mark(seed, workspace, total, 'follow_up', array_fill('yes'::text, array[least(7, total)]));
    perform reference_data.mark(seed, workspace, total, 'unhappy', array_fill('yes'::text, array[least(9, total)]));
  end if;
end
$$;

-- Creates the contacts `first_number` to `last_number` of a workspace, and answers how many.
create function reference_data.insert_contacts(
  seed integer, workspace text, first_number integer, last_number integer
) returns bigint
language plpgsql
as $$
declare
  v_inserted bigint;
begin
  with marked as (
    select
      number,
      max(value) filter (where facet = 'status') as status,
      max(value) filter (where facet = 'priority') as priority,
      max(value) filter (where facet = 'assigned_to') as assigned_to,
      bool_or(facet = 'needs_response') as needs_response,
      bool_or(facet = 'follow_up') as follow_up,
      bool_or(facet = 'favorite') as is_favorite,
      bool_or(facet = 'archived') as is_archived,
      bool_or(facet = 'unhappy') as is_unhappy
    from reference_data.marks
    where workspace_id = workspace and number between first_number and last_number
    group by number
  ), drawn as materialized (
    select
      n as number,
      reference_data.draw(seed, workspace, n, 0) as script_draw,
      reference_data.draw(seed, workspace, n, 1) as given_draw,
      reference_data.draw(seed, workspace, n, 2) as family_draw,
      reference_data.draw(seed, workspace, n, 3) as board_draw,
      reference_data.draw(seed, workspace, n, 4) as column_draw,
      reference_data.draw(seed, workspace, n, 5) as created_draw,
      reference_data.draw(seed, workspace, n, 6) as active_draw,
      reference_data.draw(seed, workspace, n, 7) as message_draw,
      reference_data.draw(seed, workspace, n, 8) as small_draw
    from generate_series(first_number, last_number) n
  ), placed as materialized (
    select
      drawn.*,
      -- Half of them have Latin names. The other scripts share the rest.
      case when script_draw % 26 < 13 then 0 else script_draw % 26 - 12 end as script,
      case
        when workspace <> '15213' then case when board_draw % 100 < 80 then 'board_' || right(workspace, 3) else 'board_1' end
        when board_draw % 100 < 94 then 'board_123'
        when board_draw % 100 < 98 then 'board_1'
        else 'board_2'
      end as board_id,
      -- More of them are recent. One in twenty came with an import and has the same instant as the others of it.
      date_trunc(
        case when small_draw % 20 = 0 then 'month' else 'microseconds' end,
        timestamptz '2025-07-01 00:00:00+00' - interval '2190 days' * (created_draw / 2147483648::float8) * (created_draw / 2147483648::float8)
          - interval '1 microsecond' * (1 + small_draw % 1000000),
        'UTC'
      ) as created_at
    from drawn
  )
  insert into public.contacts (
    workspace_id, id, board_id, board_column_id, name, email, phone, status, priority, assigned_to, needs_response,
    follow_up, is_favorite, is_archived, sentiment, source, lead_status, tags, last_message, last_activity_at,
    created_at, updated_at
  )
  select
    workspace,
    'contact_' || lpad(p.number::text, 6, '0'),
    p.board_id,
    case p.board_id
      -- The columns differ in size: the smaller of two draws.
      when 'board_123' then 'col_' || 1 + least(p.column_draw % 6, p.column_draw / 6 % 6)
      when 'board_1' then 'col_' || 11 + p.column_draw % case workspace when '15213' then 3 else 2 end
      when 'board_2' then 'col_' || 21 + p.column_draw % 3
      else 'col_' || 1 + p.column_draw % 3
    end,
    case when s.is_family_first then full_name.family || full_name.given else full_name.given || ' ' || full_name.family end,
    case when p.small_draw % 12 > 0 then
      s.given_latin[1 + p.given_draw % cardinality(s.given)] || '.'
        || s.family_latin[1 + p.family_draw % cardinality(s.family)] || p.number
        || (array['@mail.example', '@post.example', '@firma.example', '@acme.example'])[1 + p.given_draw / 64 % 4]
        || case workspace when '15213' then '' when '15214' then '.org' else '.net' end
    end,
    case when p.small_draw % 9 > 0 then s.phone_prefix || (100000000 + p.family_draw % 900000000) end,
    coalesce(m.status, (array['pending', 'pending', 'pending', 'waiting', 'snoozed'])[1 + p.message_draw % 5]),
    coalesce(m.priority, 'medium'),
    m.assigned_to,
    coalesce(m.needs_response, false),
    coalesce(m.follow_up, false),
    coalesce(m.is_favorite, false),
    coalesce(m.is_archived, false),
    case when m.is_unhappy then 'negative' else (array['neutral', null, 'positive', 'neutral', null])[1 + p.active_draw % 5] end,
    (array['website', 'referral', 'import', 'phone', 'email', null])[1 + p.active_draw / 8 % 6],
    (array['new', 'contacted', 'qualified', 'lost', null])[1 + p.active_draw / 64 % 5],
    (array['{}', '{}', '{}', '{newsletter}', '{vip}', '{newsletter,"trade fair 2024"}', '{partner,vip,français}'])
      [1 + p.message_draw / 8 % 7]::text[],
    case when p.message_draw % 10 > 0 then
      concat_ws(
        ' ',
        s.sentences[1 + p.message_draw / 16 % cardinality(s.sentences)],
        case when p.message_draw % 4 = 0 then s.sentences[1 + p.message_draw / 128 % cardinality(s.sentences)] end,
        case when p.message_draw % 8 = 0 then s.sentences[1 + p.message_draw / 1024 % cardinality(s.sentences)] end
      )
    end,
    p.created_at + (timestamptz '2025-07-01 00:00:00+00' - p.created_at) * (p.active_draw / 2147483648::float8),
    p.created_at,
    p.created_at + (timestamptz '2025-07-01 00:00:00+00' - p.created_at) * (p.message_draw / 2147483648::float8)
  from placed p
  join reference_data.scripts s using (script)
  cross join lateral (
    select
      s.given[1 + p.given_draw % cardinality(s.given)] as given,
      s.family[1 + p.family_draw % cardinality(s.family)] as family
  ) full_name
  left join marked m using (number);
  get diagnostics v_inserted = row_count;
  return v_inserted;
end
$$;

create function reference_data.hold(tables regclass[] default array['public.contacts'::regclass]) returns void
language plpgsql
as $$
declare
  v_held record;
begin
  for v_held in
    select
      format('drop index %s', indexrelid::regclass) as removal,
      -- For a partitioned table it says ON ONLY, and such an index would have no partitions.
      replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') as statement
    from pg_index
    where indrelid = any (tables) and not indisunique
    union all
    select
      format('alter table %s drop constraint %I', conrelid::regclass, conname),
      format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint
    where conrelid = any (tables) and contype = 'f' and conparentid = 0
  loop
    insert into reference_data.held (statement) values (v_held.statement);
    execute v_held.removal;
  end loop;
end
$$;

create function reference_data.give_back() returns void
language plpgsql
as $$
declare
  v_statement text;
begin
  for v_statement in delete from reference_data.held returning statement loop
    execute v_statement;
  end loop;
end
$$;

-- The workspaces, boards, columns and memberships, and the contacts of 15214 and 15215. Those of a lively 15214 follow later.
create function reference_data.prepare(seed integer, contacts integer, is_lively boolean default false) returns void
language plpgsql
as $$
begin
  perform reference_data.hold();
  insert into public.workspaces (id, name) values
    ('15213', 'Northwind Trading'), ('15214', 'Ξένια Hotels'), ('15215', '山本商店');
  insert into public.memberships (workspace_id, user_id, role) values
    ('15213', '00000000-0000-4000-8000-000000000001', 'admin'),
    ('15213', '00000000-0000-4000-8000-000000000002', 'member'),
    ('15214', '00000000-0000-4000-8000-000000000003', 'admin'),
    ('15214', '00000000-0000-4000-8000-000000000006', 'member');
  insert into public.boards (workspace_id, id, name) values
    ('15213', 'board_123', 'Sales'), ('15213', 'board_1', 'Support'), ('15213', 'board_2', 'Partners'),
    ('15214', 'board_214', 'Guests'), ('15214', 'board_1', 'Suppliers'),
    ('15215', 'board_215', '顧客'), ('15215', 'board_1', '仕入先');
  insert into public.board_columns (workspace_id, board_id, id, name, position)
  select b.workspace_id, b.id, 'col_' || b.first + n, (array['New', 'Contacted', 'Qualified', 'Offer', 'Won', 'Lost'])[n + 1], n
  from (values
    ('15213', 'board_123', 1, 6), ('15213', 'board_1', 11, 3), ('15213', 'board_2', 21, 3),
    ('15214', 'board_214', 1, 3), ('15214', 'board_1', 11, 2),
    ('15215', 'board_215', 1, 3), ('15215', 'board_1', 11, 2)
  ) b (workspace_id, id, first, columns)
  cross join lateral generate_series(0, b.columns - 1) n;

  perform reference_data.mark_the_few(seed, '15213', contacts);
  perform reference_data.mark_the_few(seed, '15215', 1000);
  perform reference_data.insert_contacts(seed, '15215', 1, 1000);
  if not is_lively then
    perform reference_data.mark_the_few(seed, '15214', 1000);
    perform reference_data.insert_contacts(seed, '15214', 1, 1000);
  end if;
end
$$;

-- Creates the contacts `first_number` to `last_number` of the `contacts` of workspace 15213, and answers how many.
create function reference_data.generate_contacts(
  seed integer, contacts integer, first_number integer, last_number integer
) returns bigint
language sql
as $$
  select reference_data.insert_contacts(seed, '15213', first_number, least(last_number, contacts))
$$;

create function reference_data.finish(seed integer, contacts integer) returns void
language plpgsql
as $$
begin
  if (select count(*) from public.contacts c where c.workspace_id = '15213') <> contacts then
    raise exception 'workspace 15213 does not have % contacts', contacts;
  end if;
  perform reference_data.give_back();
  -- Nothing of this data is cached yet, so nothing has to be invalidated.
  delete from private.outbox;
  insert into reference_data.loaded (seed, contacts) values (seed, contacts);
end
$$;
