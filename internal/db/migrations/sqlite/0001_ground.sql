-- +goose Up
create table meta (
  name text primary key not null,
  value text not null
) strict;

create table change (
  seq integer primary key autoincrement,
  kind text not null,
  key text not null,
  at integer not null
) strict;
create index change_at on change (at);
