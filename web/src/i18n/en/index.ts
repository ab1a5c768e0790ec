import { admin } from "./admin";
import { common } from "./common";
import { course } from "./course";
import { forms } from "./forms";
import { people } from "./people";

export const en = { ...common, ...course, ...forms, ...people, ...admin } as const;
