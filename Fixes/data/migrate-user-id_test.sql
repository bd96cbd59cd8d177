-- Two users to move, one who has moved, one without a new id, and conversations of somebody who is no user.
create table users (id text primary key, email text, hash_id text unique) strict;
create table conversations (id integer primary key, user_id text not null, title text, updated_at real);
create table messages (id integer primary key, user_id text not null, conversation_id integer not null, body blob);
create table shares (id integer primary key, owner_id text not null, shared_with text not null);

insert into users values
  ('ana@example.org', 'ana@example.org', 'usr_a1'), ('1042', 'ben@example.org', 'usr_b2'),
  ('usr_c3', 'cem@example.org', 'usr_c3'), ('dora@example.org', 'dora@example.org', null);
insert into conversations values
  (1, 'ana@example.org', 'Lunch', 0.1), (2, 'ana@example.org', null, -0.0), (3, '1042', 'Köln', 1e300),
  (4, 'usr_c3', 'New', null), (5, 'gone@example.org', 'Old', 2), (6, 'gone@example.org', 'Older', 3);
insert into messages values (1, 'ana@example.org', 1, x'00ff'), (2, '1042', 3, 'hi'), (3, 'usr_c3', 4, null);
insert into shares values
  (1, 'ana@example.org', '["1042","usr_c3"]'), (2, 'usr_c3', '["dora@example.org"]'),
  (3, 'usr_c3', ' [ "1042" ] '), (4, '1042', 'everybody');
