import { access } from "./access";
import { admin } from "./admin";
import { common } from "./common";
import { course } from "./course";
import { forms } from "./forms";
import { hub } from "./hub";
import { logins } from "./logins";
import { mail } from "./mail";
import { people } from "./people";
import { removal } from "./removal";
import { security } from "./security";

export const en = { ...common, ...course, ...forms, ...hub, ...logins, ...mail, ...people, ...removal, ...security, ...access, ...admin } as const;
