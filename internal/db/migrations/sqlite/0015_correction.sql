-- +goose Up

-- Every visible act on a story, in the order in which they happened, each line sealing the one before.
-- It has no words: only what proves them.
create table correction (
  seq integer primary key not null,
  story text not null,
  n integer not null,
  kind text not null,
  at integer not null,
  digest text not null, -- SHA-256 of the public form of the text
  note text not null, -- SHA-256 of what readers were told, empty for nothing
  hash text not null
) strict;

-- +goose StatementBegin
create trigger correction_no_update before update on correction
begin
  select raise(abort, 'the corrections are append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger correction_no_delete before delete on correction
begin
  select raise(abort, 'the corrections are append-only');
end;
-- +goose StatementEnd
insert into story_counter (name, last) values ('correction', 0);
