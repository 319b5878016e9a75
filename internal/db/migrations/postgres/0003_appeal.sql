-- +goose Up
-- Every configuration that was ever in force; the highest version is.
create table appeal_config (
  version bigint primary key not null,
  previous bigint not null,
  author text not null,
  at bigint not null,
  document text not null
);

-- How often what happened with which words on a day (UTC); nobody is in it.
create table appeal_count (
  day text not null,
  appeal text not null,
  variant text not null,
  event text not null,
  n bigint not null,
  primary key (day, appeal, variant, event)
);

-- What the words brought on a day, in minor units.
create table appeal_gift (
  day text not null,
  appeal text not null,
  variant text not null,
  rhythm text not null,
  currency text not null,
  n bigint not null,
  amount bigint not null,
  primary key (day, appeal, variant, rhythm, currency)
);
