/* The bot of test_libraries.py on discord.js. */

const {
  ActionRowBuilder,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  EmbedBuilder,
  Events,
  GatewayIntentBits,
  MessageFlags,
  version,
} = require("discord.js");

const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
  rest: { api: process.env.DISCORD_API.replace(/\/v10$/, ""), cdn: process.env.DISCORD_CDN },
});
let resumes = 0;

const button = (name) => new ButtonBuilder().setCustomId(name).setLabel(name).setStyle(ButtonStyle.Primary);

async function download(address) {
  return Buffer.from(await (await fetch(address)).arrayBuffer());
}

async function answer(interaction, photo) {
  await interaction.deferReply();
  const data = await download(photo.url);
  await interaction.editReply({
    content: `${interaction.commandName} ${data.length} ${interaction.locale}`,
    embeds: [new EmbedBuilder().setTitle("Result")],
    files: [new AttachmentBuilder(data, { name: "out.png" })],
    components: [new ActionRowBuilder().addComponents(button("again"), button("leave"))],
  });
}

async function again(interaction) {
  const avatar = await download(interaction.user.displayAvatarURL({ extension: "png" }));
  await interaction.reply({ content: `avatar of ${avatar.length} bytes`, flags: MessageFlags.Ephemeral });
}

async function leave(interaction) {
  const message = await interaction.channel.send({
    content: "words",
    files: [new AttachmentBuilder(Buffer.from("text"), { name: "a.txt" })],
  });
  await message.edit("others");
  await message.delete();
  const names = client.guilds.cache.map((guild) => guild.name).join(", ");
  await interaction.reply(`${client.user.id} in ${names}, resumed ${resumes} times by ${version}`);
  await client.destroy();
}

client.on(Events.ShardResume, () => {
  resumes += 1;
});

client.once(Events.ClientReady, () =>
  client.application.commands.set([
    {
      name: "similar",
      description: "How alike?",
      descriptionLocalizations: { ja: "どれくらい似ていますか" },
      options: [
        { name: "photo", description: "A photo", type: ApplicationCommandOptionType.Attachment, required: true },
      ],
    },
    { name: "Look", type: ApplicationCommandType.Message },
  ]),
);

client.on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isChatInputCommand()) {
    await answer(interaction, interaction.options.getAttachment("photo"));
  } else if (interaction.isMessageContextMenuCommand()) {
    await answer(interaction, interaction.targetMessage.attachments.first());
  } else if (interaction.customId === "again") {
    await again(interaction);
  } else {
    await leave(interaction);
  }
});

client.login(process.env.DISCORD_TOKEN);
