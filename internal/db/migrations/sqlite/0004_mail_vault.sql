-- +goose Up
create table vault_day_key (
  day text primary key not null,
  public blob not null,
  made_at integer not null,
  destroyed_at integer not null
) strict;

create table planned_mail (
  seq integer primary key autoincrement,
  bucket integer not null,
  due_at integer not null,
  state text not null,
  kind text not null,
  group_name text not null,
  ref text not null,
  day text not null,
  attempts integer not null,
  sealed blob not null
) strict;
create index planned_mail_bucket on planned_mail (bucket, seq);
create unique index planned_mail_ref on planned_mail (ref) where ref <> '';

create table mail_run (
  bucket integer primary key not null,
  holder text not null
) strict;

create table mail_tally (
  day text not null,
  kind text not null,
  sent integer not null,
  dropped integer not null,
  rejected integer not null,
  failed integer not null,
  primary key (day, kind)
) strict;
