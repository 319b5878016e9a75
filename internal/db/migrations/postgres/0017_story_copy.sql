-- +goose Up

-- What somebody is writing and has not yet saved as a revision: kept at every pause, one row for each
-- window in which a story is open, until it becomes a revision or is thrown away by its writer.
create table story_copy (
  story text not null references story (id),
  name text not null, -- the window's
  member text not null,
  base bigint not null, -- the revision it began from
  at bigint not null,
  draft text not null, -- JSON, whole
  primary key (story, member, name)
);
create index story_copy_at on story_copy (story, member, at desc, name);
