BEGIN;

-- rename column public.users.name
ALTER TABLE public.users RENAME COLUMN name TO full_name;

-- alter enum public.order_status
ALTER TYPE public.order_status ADD VALUE 'cancelled';

COMMIT;
