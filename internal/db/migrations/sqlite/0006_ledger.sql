-- +goose Up
create table ledger_entry (
  seq integer primary key not null,
  id text not null,
  day text not null,
  kind text not null,
  provider text not null,
  debit text not null,
  credit text not null,
  amount integer not null check (amount > 0),
  currency text not null,
  pledge text not null,
  payment text not null,
  hash blob not null
) strict;
create unique index ledger_entry_id on ledger_entry (id);

create table ledger_head (
  one integer primary key not null check (one = 1),
  seq integer not null,
  hash blob not null
) strict;
insert into ledger_head (one, seq, hash) values (1, 0, zeroblob(32));

-- +goose StatementBegin
create trigger ledger_entry_no_update before update on ledger_entry
begin
  select raise(abort, 'the ledger is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger ledger_entry_no_delete before delete on ledger_entry
begin
  select raise(abort, 'the ledger is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger ledger_head_forward before update on ledger_head
when new.seq < old.seq
begin
  select raise(abort, 'the ledger is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger ledger_head_no_delete before delete on ledger_head
begin
  select raise(abort, 'the ledger is append-only');
end;
-- +goose StatementEnd
