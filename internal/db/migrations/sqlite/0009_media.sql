-- +goose Up
create table picture (
  id text primary key not null,
  name text not null unique,
  state text not null,
  ext text not null,
  width integer not null,
  height integer not null,
  bytes integer not null,
  hash text not null,
  alt text not null,
  caption text not null,
  credit text not null,
  licence text not null,
  lang text not null,
  focus_x integer not null,
  focus_y integer not null,
  changed integer not null
) strict;
create unique index picture_hash on picture (hash) where state = 'shown';
create index picture_shown on picture (id) where state = 'shown';
create index picture_files on picture (state, changed) where state <> 'shown' and state <> 'gone';

create table picture_use (
  name text not null,
  holder text not null,
  primary key (name, holder)
) strict, without rowid;
create index picture_use_holder on picture_use (holder);
