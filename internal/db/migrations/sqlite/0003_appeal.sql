-- +goose Up
-- Every configuration that was ever in force; the highest version is.
create table appeal_config (
  version integer primary key not null,
  previous integer not null,
  author text not null,
  at integer not null,
  document text not null
) strict;

-- How often what happened with which words on a day (UTC); nobody is in it.
create table appeal_count (
  day text not null,
  appeal text not null,
  variant text not null,
  event text not null,
  n integer not null,
  primary key (day, appeal, variant, event)
) strict;

-- What the words brought on a day, in minor units.
create table appeal_gift (
  day text not null,
  appeal text not null,
  variant text not null,
  rhythm text not null,
  currency text not null,
  n integer not null,
  amount integer not null,
  primary key (day, appeal, variant, rhythm, currency)
) strict;
