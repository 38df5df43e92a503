// What a program with the client that odata2ts generated looks like. odata2ts.mjs generates the
// client, compiles both strictly and runs this: a property of the wrong type is a compile error here.

import { FetchClient } from '@odata2ts/http-client-fetch';
import { LiveAgentService } from './.generated/LiveAgentService';
import type { Conversation, Message } from './.generated/LiveAgentModel';

export const connect = (url: string, token: string) =>
  new LiveAgentService(new FetchClient({ headers: { Authorization: `Bearer ${token}` } }), url);
type Service = ReturnType<typeof connect>;

const ids = (rows: { id: number }[]): number[] => rows.map((row) => row.id);

export async function rows(service: Service): Promise<Conversation[]> {
  const answer = await service.Conversation().query((builder, conversation) => builder.orderBy(conversation.id.asc()));
  return answer.data.value;
}

export async function inWindow(service: Service, from: string, to: string): Promise<number[]> {
  const answer = await service
    .Conversation()
    .query((builder, conversation) =>
      builder
        .select('id')
        .filter(conversation.status.eq(1), conversation.created_at.ge(from), conversation.created_at.lt(to))
        .orderBy(conversation.id.asc()),
    );
  return ids(answer.data.value);
}

export async function named(service: Service, name: string): Promise<number[]> {
  const answer = await service.User().query((builder, user) => builder.filter(user.name.eq(name)));
  return ids(answer.data.value);
}

export async function expanded(service: Service): Promise<Conversation[]> {
  const answer = await service
    .Conversation()
    .query((builder, conversation) =>
      builder.filter(conversation.id.le(60)).expand('inbox', 'messages').orderBy(conversation.id.asc()),
    );
  return answer.data.value;
}

export async function incoming(service: Service): Promise<number | undefined> {
  const answer = await service
    .Message()
    .query((builder, message) => builder.filter(message.message_type.eq(0)).count().top(1));
  return answer.data['@odata.count'];
}

export async function byKey(service: Service, id: number): Promise<Conversation> {
  return (await service.Conversation(id).query()).data;
}

export async function ofConversation(service: Service, id: number): Promise<Message[]> {
  return (await service.Conversation(id).messages().query()).data.value;
}
