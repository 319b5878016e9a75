-- +goose Up
create table vault_day_key (
  day text primary key not null,
  public bytea not null,
  made_at bigint not null,
  destroyed_at bigint not null
);

create table planned_mail (
  seq bigint generated always as identity primary key,
  bucket bigint not null,
  due_at bigint not null,
  state text not null,
  kind text not null,
  group_name text not null,
  ref text not null,
  day text not null,
  attempts bigint not null,
  sealed bytea not null
);
create index planned_mail_bucket on planned_mail (bucket, seq);
create unique index planned_mail_ref on planned_mail (ref) where ref <> '';

create table mail_run (
  bucket bigint primary key not null,
  holder text not null
);

create table mail_tally (
  day text not null,
  kind text not null,
  sent bigint not null,
  dropped bigint not null,
  rejected bigint not null,
  failed bigint not null,
  primary key (day, kind)
);
