-- +goose Up
create table staff_member (
  id text primary key not null,
  name text not null,
  roles text not null,
  state text not null,
  lang text not null,
  joined bigint not null
);

create table staff_passkey (
  id text primary key not null,
  member text not null references staff_member (id),
  device text not null,
  credential text not null,
  added bigint not null,
  used bigint not null
);
create index staff_passkey_member on staff_passkey (member);

create table staff_ceremony (
  id text primary key not null,
  kind text not null,
  subject text not null,
  data text not null,
  ends bigint not null
);
create index staff_ceremony_ends on staff_ceremony (ends);

create table staff_code (
  hash text primary key not null,
  member text not null references staff_member (id),
  sheet text not null,
  used bigint
);
create index staff_code_member on staff_code (member);

create table staff_session (
  hash text primary key not null,
  id text not null,
  member text not null references staff_member (id),
  device text not null,
  opened bigint not null,
  used bigint not null,
  confirmed bigint not null,
  recovered bigint not null
);
create unique index staff_session_id on staff_session (id);
create index staff_session_member on staff_session (member, opened);

create table staff_invite (
  id text primary key not null,
  hash text not null,
  kind text not null,
  name text not null,
  roles text not null,
  made_by text not null,
  made bigint not null,
  ends bigint not null,
  state text not null
);
create unique index staff_invite_hash on staff_invite (hash);
create index staff_invite_state on staff_invite (state, made);

create table staff_approval (
  id text primary key not null,
  action text not null,
  object text not null,
  reason text not null,
  asked_by text not null,
  asked bigint not null,
  ends bigint not null,
  state text not null,
  second text not null,
  decided bigint not null
);
create index staff_approval_state on staff_approval (state, asked);
create index staff_approval_object on staff_approval (object, action, state);

create table staff_act (
  seq bigint primary key not null,
  at bigint not null,
  actor text not null,
  action text not null,
  object text not null,
  hash bytea not null
);

create table staff_trail (
  one bigint primary key not null check (one = 1),
  seq bigint not null,
  hash bytea not null
);
insert into staff_trail (one, seq, hash) values (1, 0, decode(repeat('00', 32), 'hex'));

-- +goose StatementBegin
create function staff_trail_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the trail is append-only';
end;
$$;
-- +goose StatementEnd
create trigger staff_act_no_update before update on staff_act
  for each row execute function staff_trail_refuse();
create trigger staff_act_no_delete before delete on staff_act
  for each row execute function staff_trail_refuse();
create trigger staff_trail_forward before update on staff_trail
  for each row when (new.seq < old.seq) execute function staff_trail_refuse();
create trigger staff_trail_no_delete before delete on staff_trail
  for each row execute function staff_trail_refuse();
create trigger staff_act_no_truncate before truncate on staff_act
  for each statement execute function staff_trail_refuse();
create trigger staff_trail_no_truncate before truncate on staff_trail
  for each statement execute function staff_trail_refuse();
