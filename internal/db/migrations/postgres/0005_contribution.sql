-- +goose Up
create table pledge (
  id text primary key not null,
  provider text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  rhythm text not null,
  lang text not null,
  begun text not null,
  ended text not null,
  reason text not null,
  due text not null,
  packet_day text not null,
  packet bytea,
  appeal text not null,
  variant text not null
);
create index pledge_due on pledge (due, id) where due <> '';
create index pledge_packet_day on pledge (packet_day) where packet_day <> '';

create table payment (
  id text primary key not null,
  pledge text not null references pledge (id),
  provider text not null,
  idempotency text not null,
  ref text not null,
  form text not null,
  period bigint not null,
  extra bigint not null,
  hosted bigint not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  rhythm text not null,
  state text not null,
  abandoned bigint not null,
  begun text not null,
  settled text not null,
  todo bigint not null,
  live bigint not null
);
create unique index payment_period on payment (pledge, period) where live = 1 and extra = 0;
create unique index payment_form on payment (form, rhythm, currency, amount) where form <> '' and live = 1;
create index payment_pledge on payment (pledge);
create index payment_todo on payment (id) where todo = 1;

create table payment_event (
  provider text not null,
  event text not null,
  day text not null,
  primary key (provider, event)
);

create table payment_bookmark (
  provider text primary key not null,
  day text not null
);
