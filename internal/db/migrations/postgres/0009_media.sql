-- +goose Up
create table picture (
  id text primary key not null,
  name text not null unique,
  state text not null,
  ext text not null,
  width bigint not null,
  height bigint not null,
  bytes bigint not null,
  hash text not null,
  alt text not null,
  caption text not null,
  credit text not null,
  licence text not null,
  lang text not null,
  focus_x bigint not null,
  focus_y bigint not null,
  changed bigint not null
);
create unique index picture_hash on picture (hash) where state = 'shown';
create index picture_shown on picture (id) where state = 'shown';
create index picture_files on picture (state, changed) where state <> 'shown' and state <> 'gone';

create table picture_use (
  name text not null,
  holder text not null,
  primary key (name, holder)
);
create index picture_use_holder on picture_use (holder);
