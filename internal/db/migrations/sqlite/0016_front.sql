-- +goose Up

-- How an editor has arranged the front page of a language.
create table front (
  lang text primary key not null,
  version integer not null, -- counts the saves
  stories text not null, -- JSON list of ids, the one that leads first
  breaking text not null, -- a story's id, or empty
  words text not null,
  until integer not null,
  updated integer not null
) strict;
