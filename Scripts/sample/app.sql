-- The database of a chat whose users were once known by e-mail addresses and numbers: 19 users to move, with 473
-- conversations, 600 messages and 30 shares; five users who have moved; 38 conversations of three owners who are gone.
create table users (id text primary key, email text, hash_id text unique);
create table conversations (id integer primary key, user_id text not null, title text);
create table messages (id integer primary key, user_id text not null, conversation_id integer not null, body text);
create table shares (id integer primary key, owner_id text not null, shared_with text not null);

with recursive n(i) as (select 1 union all select i + 1 from n where i < 24),
  names(i, email, hash_id) as (select i, printf('user%d@example.org', i), printf('usr_%06x', i * 7919) from n)
insert into users
select case when i > 19 then hash_id when i % 2 = 1 then email else cast(1000 + i as text) end, email, hash_id from names;

create temporary table old as
select row_number() over (order by hash_id) - 1 as place, id from users where id not like 'usr~_%' escape '~';

with recursive n(i) as (select 0 union all select i + 1 from n where i < 472)
insert into conversations select i + 1, id, 'Conversation ' || (i + 1) from n join old on place = i % 19;
with recursive n(i) as (select 0 union all select i + 1 from n where i < 37)
insert into conversations select i + 1001, printf('gone%d@example.org', i % 3 + 1), 'Forgotten' from n;
with recursive n(i) as (select 0 union all select i + 1 from n where i < 599)
insert into messages select i + 1, id, i % 473 + 1, 'Hello' from n join old on place = i % 19;
with recursive n(i) as (select 0 union all select i + 1 from n where i < 29)
insert into shares
select i + 1, a.id, json_array(b.id, (select id from users where email = 'user21@example.org'))
from n join old a on a.place = (i + 3) % 19 join old b on b.place = i % 19;
