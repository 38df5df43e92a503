-- A role that may read exactly what the service needs, and nothing else:
--
--     psql -v role=liveagent_odata -f deploy/grants.sql "$DATABASE_URL"
--     psql -c '\password liveagent_odata' "$DATABASE_URL"
--
-- Run it as the owner of the tables (or as a superuser), again after every update of Live Agent: it
-- may be run any number of times, and takes away what the role could read in these tables beyond
-- the list. Variables: role (liveagent_odata), schema (public). The role gets no password here.
--
-- Of users, the five credentials are left out (encrypted_password, reset_password_token,
-- confirmation_token, tokens, pubsub_token): the service serves them as null. Who starts it with
-- --publish-credentials has to grant them too.

\set ON_ERROR_STOP on
\if :{?role} \else \set role liveagent_odata \endif
\if :{?schema} \else \set schema public \endif

BEGIN;

SELECT format('CREATE ROLE %I LOGIN NOINHERIT', :'role')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = :'role')
\gexec

-- The service asks for this itself; a session that doesn't is held to it too.
ALTER ROLE :"role" SET default_transaction_read_only = on;

SELECT format('GRANT CONNECT ON DATABASE %I TO %I', pg_catalog.current_database(), :'role')
\gexec
GRANT USAGE ON SCHEMA :"schema" TO :"role";

-- Every column that any version of the tables has for what is published; those that this database
-- lacks are passed over. A table's older name stands beside it.
CREATE TEMPORARY TABLE readable (tables text[], columns text[]) ON COMMIT DROP;
INSERT INTO readable VALUES
    ('{messages}', '{id,content,account_id,inbox_id,conversation_id,message_type,created_at,updated_at,private,status,source_id,content_type,content_attributes,sender_type,sender_id,external_source_ids}'),
    ('{conversations}', '{id,account_id,inbox_id,status,assignee_id,created_at,updated_at,contact_id,display_id,contact_last_seen_at,agent_last_seen_at,additional_attributes,contact_inbox_id,uuid,identifier,last_activity_at,team_id,campaign_id,snoozed_until,custom_attributes,assignee_last_seen_at,cognigy_session_id}'),
    ('{inboxes}', '{id,channel_id,account_id,name,created_at,updated_at,channel_type,enable_auto_assignment,greeting_enabled,greeting_message,email_address,working_hours_enabled,out_of_office_message,out_of_office_enabled,timezone,enable_email_collect,csat_survey_enabled,cognigy_organization_id,cognigy_project_id,enable_auto_reassignment,conversation_show_all}'),
    ('{labels}', '{id,title,description,color,show_on_sidebar,account_id,created_at,updated_at}'),
    ('{reporting_events,events}', '{id,event_start_time,event_end_time,name,value,created_at,updated_at,account_id,conversation_id,inbox_id,user_id}'),
    ('{users}', '{id,provider,uid,reset_password_sent_at,reset_password_send_at,remember_created_at,sign_in_count,current_sign_in_at,last_sign_in_at,current_sign_in_ip,last_sign_in_ip,confirmed_at,confirmation_sent_at,unconfirmed_email,name,display_name,email,created_at,updated_at,availability,ui_settings,custom_attributes,cognigy_user_id}'),
    -- Who may ask, and the links between the tables above.
    ('{access_tokens}', '{owner_type,owner_id,token}'),
    ('{accounts}', '{id,status}'),
    ('{account_users}', '{account_id,user_id,role}'),
    ('{inbox_members}', '{inbox_id,user_id}'),
    ('{tags}', '{id,name}'),
    ('{taggings}', '{tag_id,taggable_type,taggable_id,context}');

-- Taking the table away takes its columns away too.
SELECT format('REVOKE ALL ON TABLE %I.%I FROM %I', :'schema', c.relname, :'role')
FROM readable r
JOIN pg_catalog.pg_class c ON c.relname = ANY (r.tables)
WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = :'schema')
  AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
\gexec

SELECT format('GRANT SELECT (%s) ON TABLE %I.%I TO %I',
              string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum), :'schema', c.relname, :'role')
FROM readable r
JOIN pg_catalog.pg_class c ON c.relname = ANY (r.tables)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = ANY (r.columns) AND NOT a.attisdropped
WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = :'schema')
  AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
GROUP BY c.relname
\gexec

COMMIT;
