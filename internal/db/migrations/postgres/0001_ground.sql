-- +goose Up
create table meta (
  name text primary key not null,
  value text not null
);

create table change (
  seq bigint generated always as identity primary key,
  kind text not null,
  key text not null,
  at bigint not null
);
create index change_at on change (at);
