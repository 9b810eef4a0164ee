BEGIN;

-- create table public.users
CREATE TABLE public.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text NOT NULL,
    name text,
    created_at timestamp(6) with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id)
);

-- create index public.users_email_key
CREATE UNIQUE INDEX users_email_key ON public.users (email);

COMMIT;
