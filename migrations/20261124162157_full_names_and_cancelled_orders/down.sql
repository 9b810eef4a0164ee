BEGIN;

-- drop default public.orders.status
ALTER TABLE ONLY public.orders ALTER COLUMN status DROP DEFAULT;

-- create enum public.order_status
ALTER TYPE public.order_status RENAME TO order_status__old;

CREATE TYPE public.order_status AS ENUM ('pending', 'paid', 'shipped');

-- alter column public.orders.status
ALTER TABLE public.orders ALTER COLUMN status TYPE public.order_status USING status::text::public.order_status;

-- drop enum public.order_status
DROP TYPE public.order_status__old;

-- create default public.orders.status
ALTER TABLE ONLY public.orders ALTER COLUMN status SET DEFAULT 'pending'::public.order_status;

-- rename column public.users.name
ALTER TABLE public.users RENAME COLUMN full_name TO name;

COMMIT;
