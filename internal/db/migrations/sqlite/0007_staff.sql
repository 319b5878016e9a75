-- +goose Up
create table staff_member (
  id text primary key not null,
  name text not null,
  roles text not null,
  state text not null,
  lang text not null,
  joined integer not null
) strict;

create table staff_passkey (
  id text primary key not null,
  member text not null references staff_member (id),
  device text not null,
  credential text not null,
  added integer not null,
  used integer not null
) strict;
create index staff_passkey_member on staff_passkey (member);

create table staff_ceremony (
  id text primary key not null,
  kind text not null,
  subject text not null,
  data text not null,
  ends integer not null
) strict;
create index staff_ceremony_ends on staff_ceremony (ends);

create table staff_code (
  hash text primary key not null,
  member text not null references staff_member (id),
  sheet text not null,
  used integer
) strict;
create index staff_code_member on staff_code (member);

create table staff_session (
  hash text primary key not null,
  id text not null,
  member text not null references staff_member (id),
  device text not null,
  opened integer not null,
  used integer not null,
  confirmed integer not null,
  recovered integer not null
) strict;
create unique index staff_session_id on staff_session (id);
create index staff_session_member on staff_session (member, opened);

create table staff_invite (
  id text primary key not null,
  hash text not null,
  kind text not null,
  name text not null,
  roles text not null,
  made_by text not null,
  made integer not null,
  ends integer not null,
  state text not null
) strict;
create unique index staff_invite_hash on staff_invite (hash);
create index staff_invite_state on staff_invite (state, made);

create table staff_approval (
  id text primary key not null,
  action text not null,
  object text not null,
  reason text not null,
  asked_by text not null,
  asked integer not null,
  ends integer not null,
  state text not null,
  second text not null,
  decided integer not null
) strict;
create index staff_approval_state on staff_approval (state, asked);
create index staff_approval_object on staff_approval (object, action, state);

create table staff_act (
  seq integer primary key not null,
  at integer not null,
  actor text not null,
  action text not null,
  object text not null,
  hash blob not null
) strict;

create table staff_trail (
  one integer primary key not null check (one = 1),
  seq integer not null,
  hash blob not null
) strict;
insert into staff_trail (one, seq, hash) values (1, 0, zeroblob(32));

-- +goose StatementBegin
create trigger staff_act_no_update before update on staff_act
begin
  select raise(abort, 'the trail is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger staff_act_no_delete before delete on staff_act
begin
  select raise(abort, 'the trail is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger staff_trail_forward before update on staff_trail
when new.seq < old.seq
begin
  select raise(abort, 'the trail is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger staff_trail_no_delete before delete on staff_trail
begin
  select raise(abort, 'the trail is append-only');
end;
-- +goose StatementEnd
